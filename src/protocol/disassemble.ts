// Owns reading a program back: bytes to ops with names, for tests and for people. It trusts only the header's
// lengths and must never be part of a start: init has its own decoder, which checks.

import type { Errno } from '../abi/errno.ts'
import { errnoName } from '../abi/errno.ts'
import type { Arch, SyscallName } from '../abi/syscalls.ts'
import { SYSCALLS, syscallNumber } from '../abi/syscalls.ts'
import { LibcontainerError } from '../errors.ts'
import type { OnResult, Slot, Table } from './op.ts'
import type { PseudoOp } from './schema.ts'
import { ARG_KINDS, MAGIC, OP_FLAGS, PSEUDO_BIT, PSEUDO_OPS, VERSION } from './schema.ts'
import { decodeText } from './utf8.ts'

/** A place in data or scratch. */
export interface Place {
  readonly offset: number
  /** What is there up to a NUL, if that is UTF-8; undefined in scratch. It means nothing where a structure lies. */
  readonly text: string | undefined
  /** The data from there on; empty in scratch. */
  readonly bytes: Uint8Array
}

/** A value is its 64 bits, read as a signed number. */
export type DecodedArg = bigint | Slot | Place | Table

export interface DecodedOp {
  /** The name that a plan uses; `syscall N` for a number without one. */
  readonly call: string
  /** All of a pseudo-op; of a system call six, without the zeros at the end. */
  readonly args: readonly DecodedArg[]
  readonly into?: Slot
  readonly on?: OnResult
}

const HEADER_BYTES = 32
const OP_BYTES = 64

/** @throws SystemError when the bytes are no program of this version or end too early. */
export function disassembleProgram(bytes: Uint8Array, arch: Arch): readonly DecodedOp[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < HEADER_BYTES) refuse(`${bytes.length} bytes hold no header`)
  if (view.getUint32(0, true) !== MAGIC) refuse('the magic number is wrong')
  if (view.getUint16(4, true) !== VERSION) refuse(`version ${view.getUint16(4, true)} is unknown`)
  const opCount = view.getUint32(8, true)
  const start = HEADER_BYTES + opCount * OP_BYTES
  const end = start + view.getUint32(12, true)
  if (bytes.length !== end) refuse(`the header speaks of ${end} bytes and there are ${bytes.length}`)
  const data = bytes.subarray(start, end)
  const names = callNames(arch)
  const ops: DecodedOp[] = []
  for (let at = HEADER_BYTES; at < start; at += OP_BYTES) ops.push(decodeOp(view, at, data, names))
  return ops
}

function refuse(reason: string): never {
  throw new LibcontainerError({ code: 'SystemError', action: 'disassemble a program', reason })
}

function callNames(arch: Arch): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  for (const name in SYSCALLS) names.set(syscallNumber(name as SyscallName, arch), name)
  const pseudo: Readonly<Record<string, PseudoOp>> = PSEUDO_OPS
  for (const name in pseudo) names.set(PSEUDO_BIT + (pseudo[name]?.nr ?? 0), name)
  return names
}

function decodeOp(
  view: DataView,
  at: number,
  data: Uint8Array,
  names: ReadonlyMap<number, string>,
): DecodedOp {
  const nr = view.getUint32(at, true)
  const flags = view.getUint16(at + 4, true)
  const call = names.get(nr) ?? `syscall ${nr}`
  const on = decodeOn(flags, view.getUint16(at + 6, true), view.getUint8(at + 15))
  return {
    call,
    args: decodeArgs(view, at, data, nr >= PSEUDO_BIT ? call : undefined),
    ...((flags & OP_FLAGS.OP_STORE) !== 0 && { into: { slot: view.getUint8(at + 14) } }),
    ...(on !== undefined && { on }),
  }
}

function decodeOn(flags: number, errno: number, skip: number): OnResult | undefined {
  const { OP_IGNORE, OP_SKIP_ON_ERRNO, OP_SKIP_ON_SUCCESS } = OP_FLAGS
  if ((flags & (OP_IGNORE | OP_SKIP_ON_ERRNO | OP_SKIP_ON_SUCCESS)) === 0) return undefined
  return {
    ...((flags & OP_IGNORE) !== 0 && { ignore: true }),
    ...(errno !== 0 && { errno: errnoName(errno) as Errno }),
    ...((flags & OP_SKIP_ON_ERRNO) !== 0 && { skip }),
    ...((flags & OP_SKIP_ON_SUCCESS) !== 0 && { successSkips: skip }),
  }
}

function decodeArgs(
  view: DataView,
  at: number,
  data: Uint8Array,
  pseudo: string | undefined,
): readonly DecodedArg[] {
  const kindAt = (i: number): number => view.getUint8(at + 8 + i)
  const valueAt = (i: number): bigint => view.getBigInt64(at + 16 + 8 * i, true)
  const known = (PSEUDO_OPS as Readonly<Record<string, PseudoOp>>)[pseudo ?? '']
  let count = known?.args.length ?? 6
  if (known === undefined) while (count > 0 && kindAt(count - 1) === 0 && valueAt(count - 1) === 0n) count--
  const args: DecodedArg[] = []
  for (let i = 0; i < count; i++) {
    const value = valueAt(i)
    if (kindAt(i) === ARG_KINDS.ARG_SLOT) args.push({ slot: Number(value) })
    else if (kindAt(i) === ARG_KINDS.ARG_LAST) args.push({ slot: Number(value), isLast: true })
    else if (kindAt(i) !== ARG_KINDS.ARG_DATA) args.push(value)
    else if (known?.args[i]?.endsWith('table'))
      args.push(decodeTable(data, Number(value), Number(valueAt(i + 1))))
    else args.push(placeAt(data, Number(value)))
  }
  return args
}

function placeAt(data: Uint8Array, offset: number): Place {
  const bytes = data.subarray(offset)
  return { offset, text: bytes.length > 0 ? decodeText(bytes) : undefined, bytes }
}

function decodeTable(data: Uint8Array, offset: number, count: number): Table {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  if (offset + 8 * (count + 1) > data.length) refuse('a table lies outside of the data')
  const textAt = (i: number): string =>
    placeAt(data, Number(view.getBigUint64(offset + 8 * i, true))).text ?? ''
  return { table: Array.from({ length: count }, (_, i) => textAt(i)) }
}
