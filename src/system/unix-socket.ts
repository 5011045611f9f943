// Owns stream sockets that have a name in a directory of ours: listening there, connecting, and seeing whether
// somebody listens. By descriptor of the directory, as an address holds no more than 107 bytes of path (unix(7)).

import { ERRNO } from '../abi/errno.ts'
import {
  AF_UNIX,
  O_DIRECTORY,
  O_NONBLOCK,
  O_PATH,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
} from '../abi/flags.ts'
import { closeFd, openFd } from './fd.ts'
import type { Kernel } from './kernel.ts'
import { type Attempt, checked, syscall } from './syscall.ts'

/** Those who connect hold a lock, so there is one, and maybe some that were killed. */
const BACKLOG = 128

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

function connect(kernel: Kernel, socket: number, directory: string, name: string): number {
  return withAddress(kernel, directory, name, (address) =>
    syscall(kernel, 'connect', socket, address, address.length),
  )
}

/** The result of `use`, which gets a struct sockaddr_un. */
function withAddress(
  kernel: Kernel,
  directory: string,
  name: string,
  use: (address: Uint8Array) => number,
): number {
  const fd = openFd(kernel, directory, O_PATH | O_DIRECTORY[kernel.arch])
  try {
    const path = kernel.encodeText(`/proc/self/fd/${fd}/${name}\0`)
    const address = new Uint8Array(2 + path.length)
    address.set(new Uint8Array(Uint16Array.of(AF_UNIX).buffer))
    address.set(path, 2)
    return use(address)
  } finally {
    closeFd(kernel, fd)
  }
}
