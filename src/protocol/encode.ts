// Owns the bytes of a program: ops become words in one pass, strings are joined and encoded once. Written for
// JavaScript that runs once: integer stores into one Int32Array (both architectures are little-endian), no object
// per op. It decides nothing about what ops mean.

import { ERRNO } from '../abi/errno.ts'
import type { Arch } from '../abi/syscalls.ts'
import { LibcontainerError } from '../errors.ts'
import { CALL_NUMBERS } from './call-numbers.ts'
import type { Data } from './data.ts'
import {
  dataSize,
  emptyData,
  joinTexts,
  moveOffsets,
  placeBlock,
  placeScratch,
  placeText,
  writeData,
} from './data.ts'
import {
  countOps,
  FIRST_SENT,
  isIndex,
  refuseOp,
  validateDataSize,
  validateProgram,
  validateTables,
} from './limits.ts'
import type { At, OnResult, Op, OpArg, Program, Scratch, Struct, Table } from './op.ts'
import type { PseudoName } from './schema.ts'
import { ARG_KINDS, LIMITS, MAGIC, OP_FLAGS, PROGRAM_FLAGS, PSEUDO_OPS, VERSION } from './schema.ts'
import { utf8Length } from './utf8.ts'

// In words of 4 bytes: the header, an op, and the place of an op's arguments.
const HEADER_WORDS = 8
const OP_WORDS = 16
const ARGS_AT = 4
// In bytes of an op.
const KINDS_AT = 8
const SLOT_AT = 14
const SKIP_AT = 15
const MAX_ARGS = 6
const MAX_SKIP = 255
const { ARG_VALUE, ARG_DATA, ARG_SLOT, ARG_LAST } = ARG_KINDS
const { SLOTS } = LIMITS
const MIN_I64 = -(1n << 63n)
const MAX_U64 = (1n << 64n) - 1n
/** For an argument that has no form on the wire. */
const NO_KIND = -1

type EncodeText = (text: string) => Uint8Array
type LengthOf = (text: string) => number

/** The header and the ops, seen as words and as bytes, and what comes behind them. */
interface Draft {
  readonly words: Int32Array
  readonly bytes: Uint8Array
  readonly data: Data
  readonly opCount: number
}

/**
 * The bytes of a program as init reads them. `execve` is always the pseudo-op, never the raw system call.
 *
 * @param encodeText UTF-8 without a terminator; called once, or twice if a string is not ASCII
 * @throws ConfigInvalid for a string with a NUL inside, too many ops, too much data
 * @throws SystemError for an op that init would refuse
 */
export function encodeProgram(program: Program, arch: Arch, encodeText: EncodeText): Uint8Array {
  validateProgram(program)
  // Nearly every string is ASCII: take lengths for bytes, and let the total tell.
  const bytes =
    encodeWith(program, arch, encodeText, (text) => text.length) ??
    encodeWith(program, arch, encodeText, utf8Length)
  if (bytes !== undefined) return bytes
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'encode the program for init',
    reason: "the host's encoder does not write UTF-8",
  })
}

/** @returns undefined when `lengthOf` and `encodeText` disagree on the bytes of all texts */
function encodeWith(
  program: Program,
  arch: Arch,
  encodeText: EncodeText,
  lengthOf: LengthOf,
): Uint8Array | undefined {
  const opCount = countOps(program)
  const words = new Int32Array(HEADER_WORDS + opCount * OP_WORDS)
  const draft: Draft = { words, bytes: new Uint8Array(words.buffer), data: emptyData(lengthOf), opCount }
  const numbers = CALL_NUMBERS[arch]
  let at = HEADER_WORDS
  for (const { ops } of program.steps) {
    for (let i = 0; i < ops.length; i++) {
      const op = ops[i] as Op
      const number = numbers[op.call]
      words[at] = number
      if (number < 0 || op.args.length > MAX_ARGS) validateArity(op, number, indexAt(at))
      encodeArgs(op, at, draft)
      if (op.into !== undefined || op.on !== undefined) encodeResult(op, at, draft)
      at += OP_WORDS
    }
  }
  const text = encodeText(joinTexts(draft.data))
  return text.length === draft.data.textSize ? assemble(program, draft, text) : undefined
}

/** The index of the op that begins at this word. */
const indexAt = (at: number): number => (at - HEADER_WORDS) / OP_WORDS

function validateArity(op: Op, number: number, index: number): void {
  if (number >= 0) refuseOp(op, index, `it has ${op.args.length} arguments`)
  const { args } = PSEUDO_OPS[op.call as PseudoName]
  if (op.args.length !== args.length) refuseOp(op, index, `its arguments are (${args.join(', ')})`)
  if (op.call === 'execve' || op.call === 'lookup' || op.call === 'each') validateTables(op, index)
}

function encodeArgs(op: Op, at: number, { words, bytes, data }: Draft): void {
  const { args } = op
  const kinds = 4 * at + KINDS_AT
  let place = at + ARGS_AT
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] as OpArg
    // The three that nearly all arguments are, then the rest. A small number's kind is 0, as everything is at first.
    if (typeof arg === 'number' && (arg | 0) === arg) {
      words[place] = arg
      if (arg < 0) words[place + 1] = -1
    } else if (typeof arg === 'string') {
      words[place] = placeText(data, arg)
      bytes[kinds + i] = ARG_DATA
    } else if (typeof arg === 'object' && 'slot' in arg && arg.slot >>> 0 === arg.slot && arg.slot < SLOTS) {
      words[place] = arg.slot
      bytes[kinds + i] = arg.isLast === true ? ARG_LAST : ARG_SLOT
    } else {
      const kind = encodeRest(arg, words, place, data)
      if (kind === NO_KIND) refuseOp(op, indexAt(at), `argument ${i} is out of range`)
      bytes[kinds + i] = kind
    }
    place += 2
  }
}

/** Where the result goes, and what it does to the next ops. */
function encodeResult(op: Op, at: number, { words, bytes, opCount }: Draft): void {
  const { into, on } = op
  let flags = 0
  if (into !== undefined) {
    if (!isIndex(into.slot, SLOTS)) refuseOp(op, indexAt(at), `there is no slot ${into.slot}`)
    flags = OP_FLAGS.OP_STORE
    bytes[4 * at + SLOT_AT] = into.slot
  }
  if (on !== undefined) {
    flags |= resultFlags(on)
    bytes[4 * at + SKIP_AT] = skipOf(op, on, indexAt(at), opCount)
  }
  words[at + 1] = flags
}

/** The flags, and above them the errno. */
function resultFlags({ ignore, errno, successSkips }: OnResult): number {
  let flags = ignore === true ? OP_FLAGS.OP_IGNORE : 0
  if (successSkips !== undefined) flags |= OP_FLAGS.OP_SKIP_ON_SUCCESS
  else if (errno !== undefined) flags |= OP_FLAGS.OP_SKIP_ON_ERRNO
  return errno === undefined ? flags : flags | (ERRNO[errno] << 16)
}

function skipOf(op: Op, { errno, skip, successSkips }: OnResult, index: number, opCount: number): number {
  if (skip !== undefined && (errno === undefined || successSkips !== undefined)) {
    refuseOp(op, index, 'skip goes with an errno and without successSkips')
  }
  const count = successSkips ?? skip ?? 0
  const most = Math.min(opCount - index - 1, MAX_SKIP)
  if (!isIndex(count, most + 1)) refuseOp(op, index, `it skips ${count} ops where ${most} can be skipped`)
  return count
}

/** Writes one or two words. @returns the kind */
function encodeRest(arg: Exclude<OpArg, string>, words: Int32Array, at: number, data: Data): number {
  if (typeof arg !== 'object') return encodeNumber(arg, words, at)
  return 'slot' in arg ? NO_KIND : encodePlace(arg, words, at, data)
}

function encodeNumber(number: number | bigint, words: Int32Array, at: number): number {
  if (typeof number === 'number') {
    words[at] = number
    words[at + 1] = Math.floor(number / 2 ** 32)
    return Number.isSafeInteger(number) ? ARG_VALUE : NO_KIND
  }
  words[at] = Number(BigInt.asIntN(32, number))
  words[at + 1] = Number(BigInt.asIntN(32, number >> 32n))
  return MIN_I64 <= number && number <= MAX_U64 ? ARG_VALUE : NO_KIND
}

function encodePlace(arg: Struct | Scratch | At | Table, words: Int32Array, at: number, data: Data): number {
  const object = 'at' in arg ? arg.at : arg
  const offset = 'at' in arg ? arg.offset : 0
  if ('scratch' in object) {
    if (!isIndex(object.scratch, LIMITS.MAX_DATA + 1) || !isIndex(offset, object.scratch + 1)) return NO_KIND
    words[at] = placeScratch(data, object, at) + offset
    return ARG_DATA
  }
  if ('bytes' in object && !isIndex(offset, object.bytes.length + 1)) return NO_KIND
  words[at] = placeBlock(data, object, at) + offset
  return ARG_DATA
}

function assemble(
  program: Program,
  { words, bytes: ops, data, opCount }: Draft,
  text: Uint8Array,
): Uint8Array {
  const { more, descriptorCount, descriptorSlot = FIRST_SENT } = program
  const sizeBytes = dataSize(data)
  validateDataSize(sizeBytes + data.scratchSize)
  moveOffsets(data, words)
  words[0] = MAGIC
  words[1] = VERSION | ((more ? PROGRAM_FLAGS.PROGRAM_MORE : 0) << 16)
  words[2] = opCount
  words[3] = sizeBytes
  words[4] = data.scratchSize
  words[5] = descriptorCount | (descriptorSlot << 16)
  const bytes = new Uint8Array(ops.length + sizeBytes)
  bytes.set(ops)
  writeData(data, text, bytes, ops.length)
  return bytes
}
