// Owns sockets that have a name in a directory: listening there, connecting, and seeing whether somebody listens; for
// streams and for datagrams. By descriptor of the directory, as an address holds no more than 107 bytes of path (unix(7)).

import { ERRNO } from '../abi/errno.ts'
import {
  AF_UNIX,
  AT_FDCWD,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../abi/flags.ts'
import { closeFd, openFd } from './fd.ts'
import { removeFile } from './files.ts'
import type { Kernel } from './kernel.ts'
import { type Attempt, checked, syscall } from './syscall.ts'

/** Those who connect hold a lock, so there is one, and maybe some that were killed. */
const BACKLOG = 128
const FOR_ALL = 0o777

/** A socket that listens, owned by the caller; whoever else holds it keeps it so. @throws SystemError */
export function listenAt(kernel: Kernel, directory: string, name: string): number {
  const attempt = { action: 'listen at', object: `${directory}/${name}` }
  const socket = openSocket(kernel, SOCK_STREAM, attempt)
  try {
    const bound = withAddress(kernel, directory, name, (address) =>
      syscall(kernel, 'bind', socket, address, address.length),
    )
    checked(bound, 'bind', attempt)
    checked(syscall(kernel, 'listen', socket, BACKLOG), 'listen', attempt)
    return socket
  } catch (error) {
    closeFd(kernel, socket)
    throw error
  }
}

/** A connection, owned by the caller, that never makes a thread wait. @throws SystemError */
export function connectAt(kernel: Kernel, directory: string, name: string): number {
  const attempt = { action: 'connect to', object: `${directory}/${name}` }
  const socket = openSocket(kernel, SOCK_STREAM | O_NONBLOCK, attempt)
  try {
    checked(connect(kernel, socket, directory, name), 'connect', attempt)
    return socket
  } catch (error) {
    closeFd(kernel, socket)
    throw error
  }
}

/**
 * A socket, owned by the caller, that receives datagrams from anybody who may enter the directory. A name whose owner
 * was killed is taken over. @throws SystemError (EADDRINUSE while somebody receives there)
 */
export function receiveAt(kernel: Kernel, directory: string, name: string): number {
  const path = `${directory}/${name}`
  const attempt = { action: 'receive at', object: path }
  const socket = openSocket(kernel, SOCK_DGRAM | O_NONBLOCK, attempt)
  const bind = (): number =>
    withAddress(kernel, directory, name, (address) =>
      syscall(kernel, 'bind', socket, address, address.length),
    )
  try {
    let bound = bind()
    if (bound === -ERRNO.EADDRINUSE && connect(kernel, socket, directory, name) === -ERRNO.ECONNREFUSED) {
      removeFile(kernel, path)
      bound = bind()
    }
    checked(bound, 'bind', attempt)
    checked(syscall(kernel, 'fchmodat', AT_FDCWD, path, FOR_ALL), 'fchmodat', attempt)
    return socket
  } catch (error) {
    closeFd(kernel, socket)
    throw error
  }
}

/**
 * A socket, owned by the caller, whose datagrams go to one receiver. It never makes a thread wait.
 * @param name an absolute path, or `@` and the rest of an abstract address (unix(7)) @throws SystemError
 */
export function connectDatagrams(kernel: Kernel, name: string): number {
  const attempt = { action: 'connect to', object: name }
  const socket = openSocket(kernel, SOCK_DGRAM | O_NONBLOCK, attempt)
  try {
    checked(connectByName(kernel, socket, name, attempt), 'connect', attempt)
    return socket
  } catch (error) {
    closeFd(kernel, socket)
    throw error
  }
}

function connectByName(kernel: Kernel, socket: number, name: string, attempt: Attempt): number {
  const slash = name.lastIndexOf('/')
  if (name.startsWith('/'))
    return connect(kernel, socket, name.slice(0, slash) || '/', name.slice(slash + 1), attempt)
  const address = addressOf(kernel.encodeText(`\0${name.slice(1)}`))
  return syscall(kernel, 'connect', socket, address, address.length)
}

/**
 * Whether somebody listens there. Who does is not disturbed: the kernel compares the types of the two sockets before
 * it connects them (`unix_find_bsd` in net/unix/af_unix.c), and with nobody there it never comes to that.
 * @throws SystemError
 */
export function isListening(kernel: Kernel, directory: string, name: string): boolean {
  const attempt = { action: 'look at', object: `${directory}/${name}` }
  const socket = openSocket(kernel, SOCK_DGRAM, attempt)
  try {
    const result = connect(kernel, socket, directory, name)
    if (result === -ERRNO.ECONNREFUSED || result === -ERRNO.ENOENT) return false
    return result === -ERRNO.EPROTOTYPE || checked(result, 'connect', attempt) === 0
  } finally {
    closeFd(kernel, socket)
  }
}

function openSocket(kernel: Kernel, type: number, attempt: Attempt): number {
  return checked(syscall(kernel, 'socket', AF_UNIX, type | SOCK_CLOEXEC, 0), 'socket', attempt)
}

function connect(kernel: Kernel, socket: number, directory: string, name: string, attempt?: Attempt): number {
  const use = (address: Uint8Array): number => syscall(kernel, 'connect', socket, address, address.length)
  return withAddress(kernel, directory, name, use, attempt)
}

/** The result of `use`, which gets a struct sockaddr_un. @param attempt for a directory that is not there */
function withAddress(
  kernel: Kernel,
  directory: string,
  name: string,
  use: (address: Uint8Array) => number,
  attempt?: Attempt,
): number {
  const fd = openFd(kernel, directory, O_PATH | O_DIRECTORY[kernel.arch], attempt)
  try {
    return use(addressOf(kernel.encodeText(`/proc/self/fd/${fd}/${name}\0`)))
  } finally {
    closeFd(kernel, fd)
  }
}

/** struct sockaddr_un. */
function addressOf(name: Uint8Array): Uint8Array {
  const address = new Uint8Array(2 + name.length)
  address.set(new Uint8Array(Uint16Array.of(AF_UNIX).buffer))
  address.set(name, 2)
  return address
}
