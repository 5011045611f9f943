// Owns a kernel that does what the real one does but where a test steps in: it names every call, lets one fail, shows
// programs on their way to init, and tells when init is at a stop of the test. Nothing is imitated.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Kernel } from 'libcontainer/core'
import { ERRNO } from '../../src/abi/errno.ts'
import { POLLIN, POLLOUT } from '../../src/abi/flags.ts'
import { SYSCALLS, type SyscallName, syscallNumber } from '../../src/abi/syscalls.ts'
import { MAGIC, MESSAGE_KINDS, MESSAGE_SIZE } from '../../src/protocol/schema.ts'
import { TEST_ID } from './rewrite-program.ts'

export interface Hooks {
  /** Before each call that can fail, with its number, from 0. A negated errno is the result in place of the call's. */
  readonly call?: (index: number, name: string) => number | undefined
  /** A program on its way, with its number: it may be changed in place, or another one takes its place. */
  readonly program?: (bytes: Uint8Array, index: number) => Uint8Array
  /** init is at a stop of the test (rewrite-program.ts). */
  readonly stopped?: (pidfd: number) => void
}

/** No kernel refuses these; failing them would only test the test. */
const NEVER_FAIL: readonly SyscallName[] = ['clock_gettime', 'getpid', 'gettid', 'waitid']

/** For one start at a time. */
export function faultyKernel(kernel: Kernel, hooks: Hooks): Kernel {
  const names = new Map(
    Object.keys(SYSCALLS).map((name) => [syscallNumber(name as SyscallName, kernel.arch), name]),
  )
  const never = NEVER_FAIL.map((name) => syscallNumber(name, kernel.arch))
  const closing = syscallNumber('close', kernel.arch)
  const talk = new FaultyTalk(kernel, hooks)
  let calls = 0
  const step = <T>(name: string, make: () => T, fail: (result: number) => T): T => {
    const result = hooks.call?.(calls++, name)
    return result === undefined ? make() : fail(result)
  }
  const same = (result: number): number => result
  return {
    ...kernel,
    call: (nr, ...args) => {
      const make = (): number => kernel.call(nr, ...args)
      if (never.includes(nr)) return make()
      if (nr === closing) talk.forget(args[0] as number)
      const text = args.find((arg) => typeof arg === 'string' && arg !== '')
      const name = `${names.get(nr) ?? nr}${text === undefined ? '' : ` ${text}`}`
      // close(2) closes even when it says that it failed.
      return step(name, make, (result) => (nr === closing ? Math.min(make(), result) : result))
    },
    readFile: (directory, path, flags, limitBytes) =>
      step<Uint8Array | number>(
        `readFile ${path}`,
        () => kernel.readFile(directory, path, flags, limitBytes),
        same,
      ),
    writeFile: (directory, path, flags, data) =>
      step(`writeFile ${path}`, () => kernel.writeFile(directory, path, flags, data), same),
    spawn: (request) => {
      const failed = { syscall: 'clone3', pid: -1, pidfd: -1, socket: -1 }
      return step(
        'spawn',
        () => talk.spawn(request),
        async (result) => ({ ...failed, errno: -result }),
      )
    },
    send: (...args) => step('send', () => talk.send(...args), same),
    receive: (...args) => step('receive', () => talk.receive(...args), same),
    poll: (fd, events) =>
      step(
        'poll',
        () => talk.poll(fd, events),
        async (result) => result,
      ),
  }
}

/** A program, of which a part may be sent: an exchanged one is longer than its sender knows. */
interface Pending {
  readonly original: Uint8Array
  readonly whole: Uint8Array
  sent: number
}

/** The conversation with init: programs are exchanged, and the test's own stops are taken out. */
class FaultyTalk {
  readonly #kernel: Kernel
  readonly #hooks: Hooks
  /** The pidfd of the init at the other end of a socket. */
  readonly #pidfds = new Map<number, number>()
  #programs = 0
  #pending: Pending | null = null
  /** Bytes of the current message that were not received yet. */
  #left = 0

  constructor(kernel: Kernel, hooks: Hooks) {
    this.#kernel = kernel
    this.#hooks = hooks
  }

  async spawn(request: Parameters<Kernel['spawn']>[0]): ReturnType<Kernel['spawn']> {
    const spawned = await this.#kernel.spawn(request)
    if (spawned.errno === 0) this.#pidfds.set(spawned.socket, spawned.pidfd)
    this.#left = 0
    return spawned
  }

  forget(socket: number): void {
    this.#pidfds.delete(socket)
  }

  send(socket: number, bytes: Uint8Array, descriptors: readonly number[]): number {
    if (isProgram(bytes) && this.#pending?.original !== bytes) {
      const whole = this.#hooks.program?.(bytes, this.#programs++) ?? bytes
      this.#pending = { original: bytes, whole, sent: 0 }
    }
    const pending = this.#pending
    if (pending === null) return this.#kernel.send(socket, bytes, descriptors)
    const along = pending.sent === 0 ? descriptors : []
    const sent = this.#kernel.send(socket, pending.whole.subarray(pending.sent), along)
    if (sent === -ERRNO.EAGAIN) return sent
    pending.sent += Math.max(sent, 0)
    if (sent > 0 && pending.sent < pending.whole.length) return -ERRNO.EAGAIN
    this.#pending = null
    return sent < 0 ? sent : bytes.length
  }

  /** A parent that waits for nothing but the end of init is not told that it is at a stop: so we look. */
  async poll(fd: number, events: number): Promise<number> {
    const pidfd = this.#pidfds.get(fd)
    const { stopped } = this.#hooks
    if (stopped === undefined || pidfd === undefined || (events & (POLLIN | POLLOUT)) !== 0)
      return this.#kernel.poll(fd, events)
    let isOver = false
    const ended = this.#kernel.poll(fd, events).finally(() => {
      isOver = true
    })
    while (!isOver && !this.#saidStop(fd)) await sleep(LOOK_MS)
    if (!isOver) stopped(pidfd)
    return ended
  }

  receive(socket: number, bytes: Uint8Array, descriptors: Int32Array): number {
    const pidfd = this.#pidfds.get(socket)
    if (this.#hooks.stopped === undefined || pidfd === undefined)
      return this.#kernel.receive(socket, bytes, descriptors)
    let forks = false
    if (this.#left === 0) {
      const message = this.#peek(socket)
      // No second look: what came meanwhile may be a stop.
      if (typeof message === 'number') return message
      if (isStop(message)) {
        this.#kernel.receive(socket, bytes.subarray(0, MESSAGE_SIZE), descriptors)
        this.#hooks.stopped(pidfd)
        return -ERRNO.EAGAIN
      }
      this.#left = MESSAGE_SIZE + message.length
      forks = message.kind === MESSAGE_KINDS.MESSAGE_FORK
    }
    // One message at a time, so that the next one can be looked at before it is taken.
    const length = this.#kernel.receive(
      socket,
      bytes.subarray(0, Math.min(this.#left, bytes.length)),
      descriptors,
    )
    this.#left -= Math.max(length, 0)
    if (forks && length > 0) this.#pidfds.set(socket, descriptors[0] as number)
    return length
  }

  /** Whether a stop is anywhere in what init has said and nobody has heard. */
  #saidStop(socket: number): boolean {
    const said = new Uint8Array(SAID_MAX)
    const length = this.#look(socket, said)
    for (let at = 0; at + MESSAGE_SIZE <= length; at += MESSAGE_SIZE + headerAt(said, at).length) {
      if (isStop(headerAt(said, at))) return true
    }
    return false
  }

  /** The header of the next message, or what receiving would give in its place. */
  #peek(socket: number): Header | number {
    const header = new Uint8Array(MESSAGE_SIZE)
    const length = this.#look(socket, header)
    if (length !== MESSAGE_SIZE) return length > 0 ? -ERRNO.EAGAIN : length
    return headerAt(header, 0)
  }

  #look(socket: number, into: Uint8Array): number {
    const nr = RECVFROM[this.#kernel.arch]
    return this.#kernel.call(nr, socket, into, into.length, MSG_PEEK | MSG_DONTWAIT, null, null)
  }
}

interface Header {
  readonly kind: number
  readonly value: number
  /** Of the bytes that follow. */
  readonly length: number
}

function isStop({ kind, value }: Header): boolean {
  return value === TEST_ID && kind === MESSAGE_KINDS.MESSAGE_RETURN
}

function headerAt(bytes: Uint8Array, at: number): Header {
  const view = new DataView(bytes.buffer, at)
  return { kind: view.getUint32(0, true), value: view.getUint32(8, true), length: view.getUint32(12, true) }
}

const LOOK_MS = 1
const SAID_MAX = 65_536
const MSG_PEEK = 2
const MSG_DONTWAIT = 0x40
const RECVFROM = { x86_64: 45, aarch64: 207 } as const

function isProgram(bytes: Uint8Array): boolean {
  return bytes.length >= 32 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === MAGIC
}
