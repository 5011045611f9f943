// Owns the bytes of D-Bus values: every value with its type, little-endian, each aligned as its type wants (D-Bus
// Specification, "Marshaling"). Pure; it knows no message.

import { LibcontainerError } from '../../errors.ts'

/** A value, as its signature has it: arrays as arrays, structs and dictionary entries as tuples. */
export type DbusValue = boolean | number | bigint | string | Variant | readonly DbusValue[]

export interface Variant {
  readonly signature: string
  readonly value: DbusValue
}

const ALIGNMENT: Readonly<Record<string, number>> = {
  ...{ y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, s: 4, o: 4, a: 4, x: 8, t: 8, '(': 8, '{': 8 },
}

/** As deep as the specification lets a message nest. */
const MAX_DEPTH = 64

/** The complete types of a signature: `sa(sv)u` has `s`, `a(sv)`, `u`. */
export function splitSignature(signature: string): readonly string[] {
  const types: string[] = []
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at)
    types.push(signature.slice(at, end))
    at = end
  }
  return types
}

function endOfType(signature: string, at: number): number {
  const code = signature[at]
  if (code === 'a') return endOfType(signature, at + 1)
  if (code !== '(' && code !== '{') {
    if (code === undefined || ALIGNMENT[code] === undefined)
      throw malformed(`no type begins with ${JSON.stringify(code)}`)
    return at + 1
  }
  const close = code === '(' ? ')' : '}'
  let end = at + 1
  while (end < signature.length && signature[end] !== close) end = endOfType(signature, end)
  if (end >= signature.length) throw malformed(`"${signature}" has no ${close}`)
  // Without a field a struct has no size, and an array of them would have no end.
  if (end === at + 1) throw malformed(`"${signature}" has an empty struct`)
  return end + 1
}

/** Bytes that grow. */
export class DbusWriter {
  #bytes = new Uint8Array(256)
  #length = 0
  readonly #encodeText: (text: string) => Uint8Array

  constructor(encodeText: (text: string) => Uint8Array) {
    this.#encodeText = encodeText
  }

  get length(): number {
    return this.#length
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  align(to: number): void {
    this.#reserve(to)
    this.#length = Math.ceil(this.#length / to) * to
  }

  /** Replaces the four bytes at a place. */
  patch(at: number, value: number): void {
    this.#view().setUint32(at, value, true)
  }

  bytes(data: Uint8Array): void {
    this.#reserve(data.length)
    this.#bytes.set(data, this.#length)
    this.#length += data.length
  }

  values(signature: string, values: readonly DbusValue[]): void {
    splitSignature(signature).forEach((type, index) => {
      const value = values[index]
      if (value === undefined) throw malformed(`"${signature}" has no value for its ${index + 1}. type`)
      this.value(type, value)
    })
  }

  value(type: string, value: DbusValue): void {
    const code = type[0] as string
    this.align(ALIGNMENT[code] as number)
    if (code === 'a') this.#array(type.slice(1), value as readonly DbusValue[])
    else if (code === '(' || code === '{') this.values(type.slice(1, -1), value as readonly DbusValue[])
    else if (code === 'v') this.#variant(value as Variant)
    else if (code === 's' || code === 'o' || code === 'g') this.#text(code, value as string)
    else this.#number(code, value as boolean | number | bigint)
  }

  #array(type: string, items: readonly DbusValue[]): void {
    const at = this.#length
    this.#number('u', 0)
    this.align(ALIGNMENT[type[0] as string] as number)
    const start = this.#length
    for (const item of items) this.value(type, item)
    this.patch(at, this.#length - start)
  }

  #variant({ signature, value }: Variant): void {
    this.#text('g', signature)
    this.value(signature, value)
  }

  #text(code: string, text: string): void {
    const data = this.#encodeText(text)
    this.#number(code === 'g' ? 'y' : 'u', data.length)
    this.bytes(data)
    this.bytes(new Uint8Array(1))
  }

  #number(code: string, value: boolean | number | bigint): void {
    const size = ALIGNMENT[code] as number
    this.#reserve(size)
    const view = this.#view()
    if (size === 8) view.setBigUint64(this.#length, BigInt(value) & 0xffffffffffffffffn, true)
    else if (size === 4) view.setUint32(this.#length, Number(value), true)
    else if (size === 2) view.setUint16(this.#length, Number(value), true)
    else view.setUint8(this.#length, Number(value))
    this.#length += size
  }

  #view(): DataView {
    return new DataView(this.#bytes.buffer)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array((this.#length + more) * 2)
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

/** Reads values from bytes that somebody else wrote: whatever they are, it ends with values or an error. */
export class DbusReader {
  readonly #bytes: Uint8Array
  readonly #decodeText: (bytes: Uint8Array) => string
  #at: number
  #depth = 0

  constructor(bytes: Uint8Array, at: number, decodeText: (bytes: Uint8Array) => string) {
    this.#bytes = bytes
    this.#at = at
    this.#decodeText = decodeText
  }

  get position(): number {
    return this.#at
  }

  align(to: number): void {
    this.#at = Math.ceil(this.#at / to) * to
  }

  values(signature: string): readonly DbusValue[] {
    return splitSignature(signature).map((type) => this.value(type))
  }

  value(type: string): DbusValue {
    const code = type[0] as string
    this.align(ALIGNMENT[code] as number)
    if (code === 'a') return this.#array(type.slice(1))
    if (code === '(' || code === '{') return this.values(type.slice(1, -1))
    if (code === 'v') return this.#variant()
    if (code === 's' || code === 'o') return this.#text(Number(this.#number('u')))
    if (code === 'g') return this.#text(Number(this.#number('y')))
    const number = this.#number(code)
    return code === 'b' ? number !== 0 : number
  }

  #array(type: string): readonly DbusValue[] {
    const length = Number(this.#number('u'))
    this.align(ALIGNMENT[type[0] as string] as number)
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed('an array ends behind the message')
    const items: DbusValue[] = []
    while (this.#at < end) items.push(this.value(type))
    return items
  }

  #variant(): Variant {
    const signature = this.#text(Number(this.#number('y')))
    const [type, ...more] = splitSignature(signature)
    if (type === undefined || more.length > 0) throw malformed(`a variant has the signature "${signature}"`)
    if (++this.#depth > MAX_DEPTH) throw malformed('variants are nested too deeply')
    const value = this.value(type)
    this.#depth--
    return { signature, value }
  }

  #text(length: number): string {
    const bytes = this.#take(length)
    this.#take(1)
    return this.#decodeText(bytes)
  }

  #number(code: string): number | bigint {
    const size = ALIGNMENT[code] as number
    const { buffer, byteOffset } = this.#take(size)
    const view = new DataView(buffer, byteOffset, size)
    if (code === 'x') return view.getBigInt64(0, true)
    if (code === 't') return view.getBigUint64(0, true)
    if (code === 'i') return view.getInt32(0, true)
    if (code === 'n') return view.getInt16(0, true)
    if (size === 4) return view.getUint32(0, true)
    return size === 2 ? view.getUint16(0, true) : view.getUint8(0)
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed('a value ends behind the message')
    const part = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return part
  }
}

function malformed(reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'SystemError', action: 'understand a D-Bus message', reason })
}
