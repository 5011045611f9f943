// Owns the bytes of netlink messages and their attributes, both ways. It knows the framing of netlink(7) and no
// message's meaning; what comes in is checked before it is believed.

import { LibcontainerError } from '../errors.ts'
import { ERRNO, errnoName } from './errno.ts'
import { NLA_F_NESTED, NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSG_DONE, NLMSGERR_ATTR_MSG } from './rtnetlink.ts'

/** sizeof(struct nlmsghdr). */
export const NLMSG_HDRLEN = 16
/** Where nlmsg_type and nlmsg_seq are, and, in an answer of the type NLMSG_ERROR, the negated errno. */
export const NLMSG_TYPE = 4
export const NLMSG_SEQ = 8
export const NLMSGERR_ERROR = NLMSG_HDRLEN
const NLA_HDRLEN = 4
const NLA_MAX = 0xffff

/** An attribute: bytes, or attributes inside. */
export interface Attribute {
  readonly type: number
  readonly value: Uint8Array | readonly Attribute[]
}

/** What is asked of the kernel: a type, NLM_F_* flags, the structure that goes first, and attributes. */
export interface NetlinkRequest {
  readonly type: number
  readonly flags: number
  readonly body: Uint8Array
  readonly attributes: readonly Attribute[]
}

export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly port: number
  readonly payload: Uint8Array
}

/** The bytes of a request. @throws ConfigInvalid when an attribute is longer than its length can say */
export function encodeMessage(
  { type, flags, body, attributes }: NetlinkRequest,
  sequence: number,
): Uint8Array {
  const rest = encodeAttributes(attributes)
  const start = NLMSG_HDRLEN + align4(body.length)
  const bytes = new Uint8Array(start + rest.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, bytes.length, true)
  view.setUint16(NLMSG_TYPE, type, true)
  view.setUint16(6, flags, true)
  view.setUint32(NLMSG_SEQ, sequence, true)
  bytes.set(body, NLMSG_HDRLEN)
  bytes.set(rest, start)
  return bytes
}

/** Attributes one after another, each aligned to 4 bytes. @throws ConfigInvalid */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  const values = attributes.map(({ value }) =>
    value instanceof Uint8Array ? value : encodeAttributes(value),
  )
  const size = values.reduce((sum, value) => sum + NLA_HDRLEN + align4(value.length), 0)
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  attributes.forEach(({ type, value }, index) => {
    const content = values[index] as Uint8Array
    const length = NLA_HDRLEN + content.length
    // CVE-2021-43784: nla_len has 16 bits; a longer value would be cut and its rest read as attributes.
    if (length > NLA_MAX) refuseLength(length)
    view.setUint16(at, length, true)
    view.setUint16(at + 2, value instanceof Uint8Array ? type : type | NLA_F_NESTED, true)
    bytes.set(content, at + NLA_HDRLEN)
    at += align4(length)
  })
  return bytes
}

/** The messages of one datagram. @throws SystemError (EBADMSG) when a length points outside */
export function decodeMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const view = viewOf(bytes)
  const messages: NetlinkMessage[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.length - at < NLMSG_HDRLEN ? 0 : view.getUint32(at, true)
    if (length < NLMSG_HDRLEN || length > bytes.length - at) refuseBytes()
    messages.push({
      type: view.getUint16(at + NLMSG_TYPE, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + NLMSG_SEQ, true),
      port: view.getUint32(at + 12, true),
      payload: bytes.subarray(at + NLMSG_HDRLEN, at + length),
    })
    at += align4(length)
  }
  return messages
}

/** Attributes by type; of two of one type the last one counts. @throws SystemError (EBADMSG) when a length points outside */
export function decodeAttributes(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const view = viewOf(bytes)
  const attributes = new Map<number, Uint8Array>()
  for (let at = 0; at + NLA_HDRLEN <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < NLA_HDRLEN || length > bytes.length - at) refuseBytes()
    attributes.set(view.getUint16(at + 2, true) & ~NLA_F_NESTED, bytes.subarray(at + NLA_HDRLEN, at + length))
    at += align4(length)
  }
  return attributes
}

/** The kernel's answer to a request. */
export interface Ack {
  /** Positive; 0 when it was done. */
  readonly errno: number
  /** Why, in the kernel's own words; '' where it says nothing. */
  readonly text: string
}

/** Understands a message of the type NLMSG_ERROR or NLMSG_DONE. @throws SystemError (EBADMSG) */
export function decodeAck({ type, flags, payload }: NetlinkMessage): Ack {
  if (payload.length < 4) refuseBytes()
  const view = viewOf(payload)
  const errno = -view.getInt32(0, true)
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, text: '' }
  const text = decodeAttributes(payload.subarray(startOfWords(type, flags, view))).get(NLMSGERR_ATTR_MSG)
  return { errno, text: text === undefined ? '' : textOf(text) }
}

/** Behind the errno comes the header of the request, and the rest of it unless it was capped; none when done. */
function startOfWords(type: number, flags: number, view: DataView): number {
  if (type === NLMSG_DONE) return 4
  if (view.byteLength < 4 + NLMSG_HDRLEN) refuseBytes()
  return 4 + (flags & NLM_F_CAPPED ? NLMSG_HDRLEN : align4(view.getUint32(4, true)))
}

export const uint8Value = (value: number): Uint8Array => new Uint8Array([value])
export const uint16Value = (value: number): Uint8Array => new Uint8Array(new Uint16Array([value]).buffer)
export const uint32Value = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer)
/** A name in ASCII with a NUL at its end. */
export const textValue = (text: string): Uint8Array =>
  Uint8Array.from(`${text}\0`, (character) => character.charCodeAt(0))

/** ASCII up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function align4(size: number): number {
  return size + (-size & 3)
}

function refuseLength(length: number): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'encode a netlink attribute',
    reason: `it has ${length} bytes, and the kernel takes ${NLA_MAX}`,
  })
}

function refuseBytes(): never {
  const errno = errnoName(ERRNO.EBADMSG)
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'understand a netlink message',
    reason: errno,
    errno,
  })
}
