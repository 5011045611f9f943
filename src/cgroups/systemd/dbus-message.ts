// Owns the bytes of D-Bus messages: the header and the body (D-Bus Specification, "Message Format"). Pure.

import { DbusReader, type DbusValue, DbusWriter, type Variant } from './dbus-value.ts'

export const METHOD_CALL = 1
export const METHOD_RETURN = 2
export const ERROR = 3
export const SIGNAL = 4

/** Numbers of the header fields, with the type of each. */
const FIELDS = {
  path: [1, 'o'],
  interface: [2, 's'],
  member: [3, 's'],
  errorName: [4, 's'],
  replySerial: [5, 'u'],
  destination: [6, 's'],
  sender: [7, 's'],
  signature: [8, 'g'],
} as const

const LITTLE_ENDIAN = 0x6c
const VERSION = 1
/** The part of the header that has always the same size: up to the length of the fields. */
export const FIXED_BYTES = 16
/** More than systemd ever says. */
export const MAX_MESSAGE_BYTES = 1 << 20

export interface DbusMessage {
  readonly type: number
  readonly serial: number
  readonly path?: string
  readonly interface?: string
  readonly member?: string
  readonly errorName?: string
  readonly replySerial?: number
  readonly destination?: string
  readonly sender?: string
  readonly signature?: string
  readonly body: readonly DbusValue[]
}

export function encodeMessage(message: DbusMessage, encodeText: (text: string) => Uint8Array): Uint8Array {
  const body = new DbusWriter(encodeText)
  body.values(message.signature ?? '', message.body)
  const fields: (readonly [number, Variant])[] = []
  for (const [name, [number, signature]] of Object.entries(FIELDS)) {
    const value = message[name as keyof typeof FIELDS]
    if (value !== undefined) fields.push([number, { signature, value }])
  }
  const writer = new DbusWriter(encodeText)
  writer.values('yyyyuua(yv)', [LITTLE_ENDIAN, message.type, 0, VERSION, body.length, message.serial, fields])
  writer.align(8)
  writer.bytes(body.finish())
  return writer.finish()
}

/** The size of a message whose fixed part has come; NaN for what is none. */
export function messageSize(fixed: Uint8Array): number {
  if (fixed[0] !== LITTLE_ENDIAN || fixed[3] !== VERSION) return Number.NaN
  const view = new DataView(fixed.buffer, fixed.byteOffset, FIXED_BYTES)
  return Math.ceil((FIXED_BYTES + view.getUint32(12, true)) / 8) * 8 + view.getUint32(4, true)
}

/** @throws LibcontainerError SystemError for what is no message */
export function decodeMessage(bytes: Uint8Array, decodeText: (bytes: Uint8Array) => string): DbusMessage {
  const reader = new DbusReader(bytes, 0, decodeText)
  const [, type, , , , serial, fields] = reader.values('yyyyuua(yv)')
  const known = new Map<unknown, DbusValue>()
  for (const [number, variant] of fields as readonly (readonly [number, Variant])[])
    known.set(number, variant.value)
  const header: Record<string, DbusValue> = {}
  for (const [name, [number]] of Object.entries(FIELDS)) {
    const value = known.get(number)
    if (value !== undefined) header[name] = value
  }
  reader.align(8)
  const body = reader.values(typeof header.signature === 'string' ? header.signature : '')
  return { ...header, type: Number(type), serial: Number(serial), body }
}
