// Owns the conversation with init on the control socket: sending programs, and understanding what comes back.
// Success is said in words: an end of the socket without `started` is a failed start.

import { ERRNO } from '../abi/errno.ts'
import { POLLIN, POLLOUT, POLLRDHUP } from '../abi/flags.ts'
import { GATE_GO, MESSAGE_KINDS, MESSAGE_SIZE } from '../protocol/schema.ts'
import { closeAll } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { systemError } from '../system/syscall.ts'

/** What init said. */
export type Message =
  | { readonly kind: 'started' }
  | { readonly kind: 'fault'; readonly op: number; readonly round: number; readonly errno: number }
  | { readonly kind: 'return'; readonly id: number; readonly bytes: Uint8Array }
  | { readonly kind: 'gate'; readonly id: number }
  | { readonly kind: 'fork'; readonly pid: number; readonly pidfd: number }
  | { readonly kind: 'end' }

const CHUNK = 4096

export class Conversation {
  readonly #kernel: Kernel
  readonly #socket: number
  readonly #chunk = new Uint8Array(CHUNK)
  readonly #descriptors = new Int32Array(4)
  #pending = new Uint8Array(0)
  readonly #received: number[] = []

  constructor(kernel: Kernel, socket: number) {
    this.#kernel = kernel
    this.#socket = socket
  }

  /** Sends a program with its descriptors. @throws SystemError; an init that is gone (EPIPE) is left for `next` to tell */
  async send(bytes: Uint8Array, descriptors: readonly number[]): Promise<void> {
    let rest = bytes
    let along = descriptors
    while (rest.length > 0) {
      const sent = this.#kernel.send(this.#socket, rest, along)
      if (sent > 0) {
        rest = rest.subarray(sent)
        along = []
      } else if (sent === -ERRNO.EAGAIN) await this.#wait(POLLOUT)
      else if (sent === -ERRNO.EPIPE || sent === -ERRNO.ECONNRESET) return
      else throw systemError(sent, 'sendmsg', { action: 'send the program to init' })
    }
  }

  /** Lets init go on from a gate. */
  async go(): Promise<void> {
    await this.send(new Uint8Array([GATE_GO]), [])
  }

  /**
   * The next message; `end` when init closed the socket, by execve or by death. Unless init `asks` for something, its
   * words are heard together with its end: one wake-up in place of two. @throws SystemError
   */
  async next(asks: boolean): Promise<Message> {
    for (;;) {
      const message = this.#take()
      if (message !== null) return message
      const length = this.#kernel.receive(this.#socket, this.#chunk, this.#descriptors)
      if (length === -ERRNO.EAGAIN) await this.#wait(asks ? POLLIN : POLLRDHUP)
      else if (length === 0 || length === -ERRNO.ECONNRESET) return { kind: 'end' }
      // Not an end: init may go on, and execute the command.
      else if (length < 0) throw systemError(length, 'recvmsg', { action: 'hear init' })
      else this.#append(length)
    }
  }

  /** The descriptor of a `return` that has one; owned by the caller from then on. */
  takeDescriptor(): number {
    return this.#received.shift() ?? -1
  }

  /** Closes what came and was not taken. */
  close(): void {
    closeAll(this.#kernel, this.#received.splice(0))
  }

  // A refusal that was passed over would be asked for again, for ever.
  async #wait(events: number): Promise<void> {
    const result = await this.#kernel.poll(this.#socket, events)
    if (result < 0) throw systemError(result, 'poll', { action: 'wait for init' })
  }

  #append(length: number): void {
    const joined = new Uint8Array(this.#pending.length + length)
    joined.set(this.#pending)
    joined.set(this.#chunk.subarray(0, length), this.#pending.length)
    this.#pending = joined
    for (const fd of this.#descriptors) if (fd >= 0) this.#received.push(fd)
  }

  #take(): Message | null {
    if (this.#pending.length < MESSAGE_SIZE) return null
    const view = new DataView(this.#pending.buffer, this.#pending.byteOffset)
    const [kind = 0, op = 0, value = 0, length = 0, round = 0] = [0, 4, 8, 12, 16].map((at) =>
      view.getUint32(at, true),
    )
    if (this.#pending.length < MESSAGE_SIZE + length) return null
    const bytes = this.#pending.slice(MESSAGE_SIZE, MESSAGE_SIZE + length)
    this.#pending = this.#pending.subarray(MESSAGE_SIZE + length)
    switch (kind) {
      case MESSAGE_KINDS.MESSAGE_STARTED:
        return { kind: 'started' }
      case MESSAGE_KINDS.MESSAGE_FAULT:
        return { kind: 'fault', op, round, errno: value }
      case MESSAGE_KINDS.MESSAGE_RETURN:
        return { kind: 'return', id: value, bytes }
      case MESSAGE_KINDS.MESSAGE_GATE:
        return { kind: 'gate', id: value }
      case MESSAGE_KINDS.MESSAGE_FORK:
        return { kind: 'fork', pid: value, pidfd: this.takeDescriptor() }
      default:
        return { kind: 'fault', op, round, errno: ERRNO.EPROTO }
    }
  }
}
