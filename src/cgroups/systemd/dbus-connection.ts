// Owns one connection to a D-Bus bus: authentication as ourselves, calls with their replies, and signals that are
// waited for. Nothing is believed before its time, and no wait is without end.

import { ERRNO } from '../../abi/errno.ts'
import { AF_UNIX, O_NONBLOCK, POLLIN, POLLOUT, SOCK_CLOEXEC, SOCK_STREAM } from '../../abi/flags.ts'
import { LibcontainerError } from '../../errors.ts'
import { closeFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { pollWithin } from '../../system/poll-within.ts'
import { monotonicMs } from '../../system/reactor.ts'
import { checked, syscall, systemError } from '../../system/syscall.ts'
import {
  type DbusMessage,
  decodeMessage,
  ERROR,
  encodeMessage,
  FIXED_BYTES,
  MAX_MESSAGE_BYTES,
  METHOD_CALL,
  METHOD_RETURN,
  messageSize,
  SIGNAL,
} from './dbus-message.ts'
import type { DbusValue } from './dbus-value.ts'
import { userOfBus } from './user-of-bus.ts'

const SUN_PATH_BYTES = 108
const BUS = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
} as const

/** Whom a call is for, and what it says. */
export type DbusCall = Pick<
  DbusMessage,
  'destination' | 'path' | 'interface' | 'member' | 'signature' | 'body'
>

/** The refusal of a call, by its name: `org.freedesktop.systemd1.UnitExists`. */
export class DbusRefusal extends LibcontainerError {
  readonly refusal: string

  constructor(call: DbusCall, refusal: string, text: string) {
    super({
      code: 'SystemError',
      action: 'call',
      object: `${call.destination} ${call.member}`,
      reason: `${refusal}: ${text}`,
    })
    this.refusal = refusal
  }
}

export class DbusConnection {
  readonly #kernel: Kernel
  readonly #fd: number
  readonly #timeoutMs: number
  #received = new Uint8Array(0)
  #serial = 0
  /** Signals that came while something else was waited for. */
  readonly #signals: DbusMessage[] = []

  private constructor(kernel: Kernel, fd: number, timeoutMs: number) {
    this.#kernel = kernel
    this.#fd = fd
    this.#timeoutMs = timeoutMs
  }

  /**
   * @param path of the bus's socket
   * @param timeoutMs for each call
   * @throws LibcontainerError SystemError
   */
  static async open(kernel: Kernel, path: string, timeoutMs: number): Promise<DbusConnection> {
    const attempt = {
      action: 'connect to the bus',
      object: path,
      hint: 'is a system or user manager of systemd running?',
    }
    const type = SOCK_STREAM | SOCK_CLOEXEC | O_NONBLOCK
    const fd = checked(syscall(kernel, 'socket', AF_UNIX, type, 0), 'socket', attempt)
    const connection = new DbusConnection(kernel, fd, timeoutMs)
    try {
      checked(
        syscall(kernel, 'connect', fd, socketAddress(kernel, path), 2 + SUN_PATH_BYTES),
        'connect',
        attempt,
      )
      await connection.#authenticate()
      await connection.call({ ...BUS, member: 'Hello', body: [] })
      return connection
    } catch (error) {
      connection.close()
      throw error
    }
  }

  close(): void {
    closeFd(this.#kernel, this.#fd)
  }

  /** @returns the values of the reply @throws DbusRefusal; LibcontainerError SystemError */
  async call(call: DbusCall): Promise<readonly DbusValue[]> {
    const serial = ++this.#serial
    const deadline = this.#deadline()
    await this.#send(encodeMessage({ ...call, type: METHOD_CALL, serial }, this.#kernel.encodeText), deadline)
    for (;;) {
      const message = await this.#next(deadline)
      if (message.type === SIGNAL) this.#signals.push(message)
      if (message.replySerial !== serial) continue
      if (message.type === METHOD_RETURN) return message.body
      if (message.type === ERROR)
        throw new DbusRefusal(call, message.errorName ?? '', String(message.body[0] ?? ''))
    }
  }

  /** From now on signals that fit come here (`type='signal',member='JobRemoved'`). */
  async subscribe(rule: string): Promise<void> {
    await this.call({ ...BUS, member: 'AddMatch', signature: 's', body: [rule] })
  }

  /** The next signal that fits, also one that came before. @throws LibcontainerError SystemError when none comes in time */
  async signal(fits: (message: DbusMessage) => boolean, timeoutMs: number): Promise<DbusMessage> {
    const deadline = monotonicMs(this.#kernel) + timeoutMs
    for (;;) {
      const index = this.#signals.findIndex(fits)
      const [found] = index < 0 ? [] : this.#signals.splice(index, 1)
      if (found !== undefined) return found
      const message = await this.#next(deadline)
      if (message.type === SIGNAL) this.#signals.push(message)
    }
  }

  /** As who the socket says that we are ("EXTERNAL"). */
  async #authenticate(): Promise<void> {
    const deadline = this.#deadline()
    const uid = [...String(userOfBus(this.#kernel))].map((digit) => `3${digit}`).join('')
    await this.#send(this.#kernel.encodeText(`\0AUTH EXTERNAL ${uid}\r\n`), deadline)
    const LINE_FEED = 10
    while (!this.#received.includes(LINE_FEED)) await this.#receive(deadline)
    const end = this.#received.indexOf(LINE_FEED) + 1
    const answer = this.#kernel.decodeText(this.#received.subarray(0, end)).trim()
    this.#received = this.#received.slice(end)
    if (!answer.startsWith('OK ')) throw failed(`it does not know us: ${answer}`)
    await this.#send(this.#kernel.encodeText('BEGIN\r\n'), deadline)
  }

  async #next(deadline: number): Promise<DbusMessage> {
    while (this.#received.length < FIXED_BYTES) await this.#receive(deadline)
    const size = messageSize(this.#received)
    if (!(size <= MAX_MESSAGE_BYTES)) throw failed('what came is no message that we can read')
    while (this.#received.length < size) await this.#receive(deadline)
    const message = decodeMessage(this.#received.subarray(0, size), this.#kernel.decodeText)
    this.#received = this.#received.slice(size)
    return message
  }

  async #receive(deadline: number): Promise<void> {
    const more = new Uint8Array(4096)
    const length = await this.#retry(
      () => syscall(this.#kernel, 'read', this.#fd, more, more.length),
      POLLIN,
      deadline,
    )
    if (length === 0) throw failed('it has hung up')
    const all = new Uint8Array(this.#received.length + length)
    all.set(this.#received)
    all.set(more.subarray(0, length), this.#received.length)
    this.#received = all
  }

  async #send(bytes: Uint8Array, deadline: number): Promise<void> {
    for (let rest = bytes; rest.length > 0; ) {
      const sent = await this.#retry(() => this.#kernel.send(this.#fd, rest, []), POLLOUT, deadline)
      rest = rest.subarray(sent)
    }
  }

  async #retry(attempt: () => number, events: number, deadline: number): Promise<number> {
    for (;;) {
      const result = attempt()
      if (result >= 0) return result
      if (result === -ERRNO.EINTR) continue
      if (result !== -ERRNO.EAGAIN) throw systemError(result, 'sendmsg', { action: 'talk to the bus' })
      const left = deadline - monotonicMs(this.#kernel)
      if (left <= 0 || (await pollWithin(this.#kernel, this.#fd, events, left)) === 0) {
        throw systemError(ERRNO.ETIMEDOUT, 'poll', { action: 'wait for the bus' })
      }
    }
  }

  #deadline(): number {
    return monotonicMs(this.#kernel) + this.#timeoutMs
  }
}

function failed(reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'SystemError', action: 'talk to the bus', reason })
}

function socketAddress(kernel: Kernel, path: string): Uint8Array {
  const name = kernel.encodeText(path)
  if (name.length >= SUN_PATH_BYTES)
    throw failed(`the path of its socket is too long: ${JSON.stringify(path)}`)
  const address = new Uint8Array(2 + SUN_PATH_BYTES)
  address[0] = AF_UNIX
  address.set(name, 2)
  return address
}
