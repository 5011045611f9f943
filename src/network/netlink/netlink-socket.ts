// Owns talking rtnetlink(7) with the kernel on one socket: a request and its answer, a dump of many messages. It
// believes only the kernel's own messages to its own requests, and never cuts one short.

import { ERRNO } from '../../abi/errno.ts'
import { SOCK_CLOEXEC } from '../../abi/flags.ts'
import {
  decodeAck,
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  type NetlinkRequest,
  viewOf,
} from '../../abi/netlink-message.ts'
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLMSG_DONE,
  NLMSG_ERROR,
  SOCK_RAW,
  SOL_NETLINK,
} from '../../abi/rtnetlink.ts'
import { closeFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { type Attempt, checked, syscall, systemError } from '../../system/syscall.ts'

const SOCKADDR_SIZE = 12
const FIRST_BUFFER_SIZE = 8192
/** A dump during which something changed may have missed something, and is made again. */
const DUMP_TRIES = 10

export class NetlinkSocket {
  readonly #kernel: Kernel
  #fd: number
  readonly #port: number
  #sequence = 0
  #buffer = new Uint8Array(FIRST_BUFFER_SIZE)

  /** Opens a socket in the network namespace of the calling thread. @throws SystemError */
  constructor(kernel: Kernel) {
    const attempt = { action: 'open a netlink socket' }
    const type = SOCK_RAW | SOCK_CLOEXEC
    this.#kernel = kernel
    this.#fd = checked(syscall(kernel, 'socket', AF_NETLINK, type, NETLINK_ROUTE), 'socket', attempt)
    try {
      for (const option of [NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK]) {
        const on = new Uint8Array([1, 0, 0, 0])
        const result = syscall(kernel, 'setsockopt', this.#fd, SOL_NETLINK, option, on, on.length)
        checked(result, 'setsockopt', attempt)
      }
      this.#port = this.#bind()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** The number may be somebody else's right afterwards: it is forgotten. */
  close(): void {
    closeFd(this.#kernel, this.#fd)
    this.#fd = -1
  }

  /** Asks for a change. @throws SystemError with the kernel's errno, and its words as a hint */
  change(request: NetlinkRequest, attempt: Attempt): void {
    this.#send(request, attempt)
    for (;;) {
      for (const message of this.#receive(attempt)) {
        if (message.type !== NLMSG_ERROR) continue
        throwRefusal(message, attempt)
        return
      }
    }
  }

  /** Asks for one message; an answer that is none is an error. @throws SystemError */
  get(request: NetlinkRequest, attempt: Attempt): NetlinkMessage {
    this.#send(request, attempt)
    for (;;) {
      for (const message of this.#receive(attempt)) {
        if (message.type === NLMSG_ERROR) throwRefusal(message, attempt)
        else return message
      }
    }
  }

  /** Asks for all of a kind. @throws SystemError; EINTR when things never held still */
  dump(request: NetlinkRequest, attempt: Attempt): readonly NetlinkMessage[] {
    for (let tries = 0; tries < DUMP_TRIES; tries++) {
      this.#send({ ...request, flags: request.flags | NLM_F_DUMP }, attempt)
      const { messages, isWhole } = this.#receiveDump(attempt)
      if (isWhole) return messages
    }
    throw systemError(-ERRNO.EINTR, 'recvfrom', attempt)
  }

  #receiveDump(attempt: Attempt): { messages: readonly NetlinkMessage[]; isWhole: boolean } {
    const messages: NetlinkMessage[] = []
    let isWhole = true
    for (;;) {
      for (const message of this.#receive(attempt)) {
        if ((message.flags & NLM_F_DUMP_INTR) !== 0) isWhole = false
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          throwRefusal(message, attempt)
          return { messages, isWhole }
        }
        // The buffer is used again for the next part.
        messages.push({ ...message, payload: message.payload.slice() })
      }
    }
  }

  #send(request: NetlinkRequest, attempt: Attempt): void {
    const bytes = encodeMessage(request, ++this.#sequence)
    const result = syscall(this.#kernel, 'sendto', this.#fd, bytes, bytes.length, 0, null, 0)
    checked(result, 'sendto', attempt)
  }

  /** The messages of the next datagram that answer the last request. */
  #receive(attempt: Attempt): readonly NetlinkMessage[] {
    // The kernel has queued its answer when sendto returns, so there is nothing to wait for.
    const peek = MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT
    const size = syscall(this.#kernel, 'recvfrom', this.#fd, null, 0, peek, null, null)
    if (checked(size, 'recvfrom', attempt) > this.#buffer.length) this.#buffer = new Uint8Array(size * 2)
    const from = new Uint8Array(SOCKADDR_SIZE)
    const fromSize = new Uint8Array([SOCKADDR_SIZE, 0, 0, 0])
    const buffer = this.#buffer
    const flags = MSG_TRUNC | MSG_DONTWAIT
    const length = syscall(this.#kernel, 'recvfrom', this.#fd, buffer, buffer.length, flags, from, fromSize)
    if (checked(length, 'recvfrom', attempt) > buffer.length)
      throw systemError(-ERRNO.EMSGSIZE, 'recvfrom', attempt)
    // Port 0 is the kernel; anybody else may send to us, too.
    if (viewOf(from).getUint32(4, true) !== 0) return []
    return decodeMessages(buffer.subarray(0, length)).filter(
      ({ sequence, port }) => sequence === this.#sequence && port === this.#port,
    )
  }

  /** @returns the port that the kernel chose */
  #bind(): number {
    const attempt = { action: 'bind a netlink socket' }
    const address = new Uint8Array(SOCKADDR_SIZE)
    address[0] = AF_NETLINK
    checked(syscall(this.#kernel, 'bind', this.#fd, address, address.length), 'bind', attempt)
    const size = new Uint8Array([SOCKADDR_SIZE, 0, 0, 0])
    checked(syscall(this.#kernel, 'getsockname', this.#fd, address, size), 'getsockname', attempt)
    return viewOf(address).getUint32(4, true)
  }
}

/** @throws SystemError unless the answer says that it was done */
function throwRefusal(message: NetlinkMessage, attempt: Attempt): void {
  const { errno, text } = decodeAck(message)
  if (errno === 0) return
  const hint = text === '' ? {} : { hint: `the kernel says: ${text}` }
  throw systemError(-errno, 'sendto', { ...hint, ...attempt })
}
