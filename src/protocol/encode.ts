// Owns the bytes of a program: ops become words in one pass, strings are joined and encoded once. Written for
// JavaScript that runs once: integer stores into one Int32Array (both architectures are little-endian), no object
// per op. It decides nothing about what ops mean.

import { ERRNO } from '../abi/errno.ts'
import type { Arch, SyscallName } from '../abi/syscalls.ts'
import { syscallNumber } from '../abi/syscalls.ts'
import { LibcontainerError } from '../errors.ts'
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
import { isIndex, refuseOp, validateDataSize, validateProgram, validateTables } from './limits.ts'
import type { At, OnResult, Op, OpArg, Program, Scratch, Table } from './op.ts'
import type { PseudoName, PseudoOp } from './schema.ts'
import {
  ARG_KINDS,
  LIMITS,
  MAGIC,
  OP_FLAGS,
  PROGRAM_FLAGS,
  PSEUDO_BIT,
  PSEUDO_OPS,
  VERSION,
} from './schema.ts'
import { utf8Length } from './utf8.ts'

// In words of 4 bytes: the header, an op, and the place of an op's arguments.
const HEADER_WORDS = 8
const OP_WORDS = 16
const ARGS_AT = 4
const MAX_ARGS = 6
const MAX_SKIP = 255
const MIN_I64 = -(1n << 63n)
const MAX_U64 = (1n << 64n) - 1n
/** For an argument that has no form on the wire. */
const NO_KIND = -1

type EncodeText = (text: string) => Uint8Array
type LengthOf = (text: string) => number

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
  const { ops } = program
  const data = emptyData(lengthOf)
  const words = new Int32Array(HEADER_WORDS + ops.length * OP_WORDS)
  for (let index = 0; index < ops.length; index++) {
    const op = ops[index] as Op
    const at = HEADER_WORDS + index * OP_WORDS
    words[at] = encodeCall(op, index, arch)
    let kinds = 0
    let lastKinds = 0
    const { args } = op
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as OpArg
      const place = at + ARGS_AT + 2 * i
      if (typeof arg === 'number' && (arg | 0) === arg) {
        // Most arguments are small numbers, and their kind is 0.
        words[place] = arg
        words[place + 1] = arg >> 31
        continue
      }
      const kind = encodeArg(arg, words, place, data)
      if (kind === NO_KIND) refuseOp(op, index, `argument ${i} is out of range`)
      if (i < 4) kinds |= kind << (8 * i)
      else lastKinds |= kind << (8 * (i - 4))
    }
    const skip = encodeSkip(op, index, ops.length)
    words[at + 1] = encodeFlags(op, index)
    words[at + 2] = kinds
    words[at + 3] = lastKinds | ((op.into?.slot ?? 0) << 16) | (skip << 24)
  }
  const text = encodeText(joinTexts(data))
  return text.length === data.textSize ? assemble(program, words, data, text) : undefined
}

function encodeCall(op: Op, index: number, arch: Arch): number {
  const pseudo: PseudoOp | undefined = PSEUDO_OPS[op.call as PseudoName]
  if (pseudo === undefined) {
    if (op.args.length > MAX_ARGS) refuseOp(op, index, `it has ${op.args.length} arguments`)
    return syscallNumber(op.call as SyscallName, arch)
  }
  if (op.args.length !== pseudo.args.length) {
    refuseOp(op, index, `its arguments are (${pseudo.args.join(', ')})`)
  }
  validateTables(op, index)
  return PSEUDO_BIT | pseudo.nr
}

/** The flags, and above them the errno. */
function encodeFlags(op: Op, index: number): number {
  const { into, on } = op
  let flags = 0
  if (into !== undefined) {
    if (!isIndex(into.slot, LIMITS.SLOTS)) refuseOp(op, index, `there is no slot ${into.slot}`)
    flags = OP_FLAGS.OP_STORE
  }
  if (on === undefined) return flags
  if (on.ignore === true) flags |= OP_FLAGS.OP_IGNORE
  if (on.successSkips !== undefined) flags |= OP_FLAGS.OP_SKIP_ON_SUCCESS
  else if (on.errno !== undefined) flags |= OP_FLAGS.OP_SKIP_ON_ERRNO
  return on.errno === undefined ? flags : flags | (ERRNO[on.errno] << 16)
}

function encodeSkip(op: Op, index: number, opCount: number): number {
  if (op.on === undefined) return 0
  const { errno, skip, successSkips }: OnResult = op.on
  if (skip !== undefined && (errno === undefined || successSkips !== undefined)) {
    refuseOp(op, index, 'skip goes with an errno and without successSkips')
  }
  const count = successSkips ?? skip ?? 0
  const most = Math.min(opCount - index - 1, MAX_SKIP)
  if (!isIndex(count, most + 1)) refuseOp(op, index, `it skips ${count} ops where ${most} can be skipped`)
  return count
}

/** Writes the two words of an argument. @returns its kind */
function encodeArg(arg: OpArg, words: Int32Array, at: number, data: Data): number {
  if (typeof arg === 'string') {
    words[at] = placeText(data, arg)
    return ARG_KINDS.ARG_DATA
  }
  if (typeof arg === 'number') {
    words[at] = arg
    words[at + 1] = Math.floor(arg / 2 ** 32)
    return Number.isSafeInteger(arg) ? ARG_KINDS.ARG_VALUE : NO_KIND
  }
  if (typeof arg === 'bigint') {
    words[at] = Number(BigInt.asIntN(32, arg))
    words[at + 1] = Number(BigInt.asIntN(32, arg >> 32n))
    return MIN_I64 <= arg && arg <= MAX_U64 ? ARG_KINDS.ARG_VALUE : NO_KIND
  }
  if ('bytes' in arg) {
    words[at] = placeBlock(data, arg, at)
    return ARG_KINDS.ARG_DATA
  }
  if ('slot' in arg) {
    words[at] = arg.slot
    return isIndex(arg.slot, LIMITS.SLOTS) ? ARG_KINDS.ARG_SLOT : NO_KIND
  }
  return encodePlace(arg, words, at, data)
}

function encodePlace(arg: Scratch | At | Table, words: Int32Array, at: number, data: Data): number {
  const object = 'at' in arg ? arg.at : arg
  const offset = 'at' in arg ? arg.offset : 0
  if ('scratch' in object) {
    if (!isIndex(object.scratch, LIMITS.MAX_DATA + 1) || !isIndex(offset, object.scratch + 1)) return NO_KIND
    words[at] = placeScratch(data, object, at) + offset
    return ARG_KINDS.ARG_DATA
  }
  if ('bytes' in object && !isIndex(offset, object.bytes.length + 1)) return NO_KIND
  words[at] = placeBlock(data, object, at) + offset
  return ARG_KINDS.ARG_DATA
}

function assemble(program: Program, words: Int32Array, data: Data, text: Uint8Array): Uint8Array {
  const sizeBytes = dataSize(data)
  validateDataSize(sizeBytes + data.scratchSize)
  moveOffsets(data, words)
  words[0] = MAGIC
  words[1] = VERSION | ((program.more ? PROGRAM_FLAGS.PROGRAM_MORE : 0) << 16)
  words[2] = program.ops.length
  words[3] = sizeBytes
  words[4] = data.scratchSize
  words[5] = program.descriptorCount | (program.descriptorSlot << 16)
  const bytes = new Uint8Array(words.byteLength + sizeBytes)
  bytes.set(new Uint8Array(words.buffer))
  writeData(data, text, bytes, words.byteLength)
  return bytes
}
