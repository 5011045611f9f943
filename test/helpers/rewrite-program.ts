// Owns changing an encoded program: an op that fails whatever was asked of it, a stop between two ops. It
// takes the layout from the schema and must leave every other op as it was.

import { type Arch, syscallNumber } from '../../src/abi/syscalls.ts'
import {
  ARG_KINDS,
  HEADER,
  LIMITS,
  OP,
  OP_FLAGS,
  PSEUDO_BIT,
  PSEUDO_OPS,
  type WireField,
} from '../../src/protocol/schema.ts'

/** The id of a return that a test put into a program. */
export const TEST_ID = 0x7e57

/** What init does at the place of the test, having told the parent: waits for its end, and ends; or goes on after a while. */
export type Stop = 'wait' | 'pause'

const PAUSE_NANOS = 20_000_000n
const OPS_OF_STOP = { wait: 5, pause: 3 } as const
const POLLRDHUP = 0x2000n
/** A number that no architecture has: ENOSYS. */
const NO_SYSCALL = 20_000

const header = placesOf(HEADER)
const op = placesOf(OP)

/** The offset of each field, and the size of all. */
function placesOf(fields: readonly WireField[]): {
  readonly at: ReadonlyMap<string, number>
  readonly size: number
} {
  const at = new Map<string, number>()
  let size = 0
  for (const field of fields) {
    at.set(field.name, size)
    size += field.size * (field.count ?? 1)
  }
  return { at, size }
}

class ProgramBytes {
  readonly view: DataView

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  header(field: string): number {
    return header.at.get(field) as number
  }

  op(index: number, field: string): number {
    return header.size + index * op.size + (op.at.get(field) as number)
  }

  get count(): number {
    return this.view.getUint32(this.header('op_count'), true)
  }

  /** How many ops an op may skip. */
  skip(index: number): number {
    const skips =
      this.view.getUint16(this.op(index, 'flags'), true) &
      (OP_FLAGS.OP_SKIP_ON_ERRNO | OP_FLAGS.OP_SKIP_ON_SUCCESS)
    return skips === 0 ? 0 : this.view.getUint8(this.op(index, 'skip'))
  }

  /** Whether the program goes on behind an op only when that fails: an execve whose error is passed over. */
  #leaves(index: number): boolean {
    const isExecve = this.view.getUint32(this.op(index, 'nr'), true) === PSEUDO_BIT + PSEUDO_OPS.execve.nr
    return isExecve && (this.view.getUint16(this.op(index, 'flags'), true) & OP_FLAGS.OP_IGNORE) !== 0
  }

  /** The first op that may skip over another one; the other one itself when there is none. */
  firstAround(index: number): number {
    for (let at = 0; at < index; at++) if (at + this.skip(at) >= index || this.#leaves(at)) return at
    return index
  }

  replace(index: number, nr: number): void {
    const start = this.op(index, 'nr')
    for (let at = start; at < start + op.size; at++) this.view.setUint8(at, 0)
    this.view.setUint32(start, nr, true)
  }
}

/** Ops of a program. */
export function countOps(bytes: Uint8Array): number {
  return new ProgramBytes(bytes).count
}

/** Whether an earlier op may skip this one. */
export function isSkippable(bytes: Uint8Array, index: number): boolean {
  return new ProgramBytes(bytes).firstAround(index) !== index
}

/** In place: the op fails with ENOSYS and nothing passes that over. What might skip it is made to do nothing. */
export function failOp(bytes: Uint8Array, index: number, arch: Arch): void {
  const program = new ProgramBytes(bytes)
  for (let at = program.firstAround(index); at < index; at++)
    program.replace(at, syscallNumber('getpid', arch))
  program.replace(index, NO_SYSCALL)
}

/** A longer program that stops before the op. */
export function insertStop(bytes: Uint8Array, index: number, stop: Stop, arch: Arch): Uint8Array {
  const added = OPS_OF_STOP[stop]
  const longer = new Uint8Array(bytes.length + added * op.size)
  const cut = header.size + index * op.size
  longer.set(bytes.subarray(0, cut))
  longer.set(bytes.subarray(cut), cut + added * op.size)
  const program = new ProgramBytes(longer)
  program.view.setUint32(program.header('op_count'), program.count + added, true)
  for (let at = 0; at < index; at++) {
    const skip = program.skip(at)
    if (at + skip >= index) program.view.setUint8(program.op(at, 'skip'), skip + added)
  }
  for (let at = index; at < index + added; at++) program.replace(at, syscallNumber('getpid', arch))
  program.replace(index, PSEUDO_BIT + PSEUDO_OPS.return.nr)
  writeArgs(program, index, [
    [ARG_KINDS.ARG_VALUE, BigInt(TEST_ID)],
    [ARG_KINDS.ARG_VALUE, -1n],
  ])
  if (stop === 'wait') writeWait(program, index + 1, arch)
  else writePause(program, index + 1, arch)
  return longer
}

/** Zeroed bytes of the test's own, 8-aligned. @returns their offset in the data */
function addScratch(program: ProgramBytes, size: number): bigint {
  const { view } = program
  const scratch = view.getUint32(program.header('scratch_size'), true)
  view.setUint32(program.header('scratch_size'), scratch + size, true)
  return BigInt(view.getUint32(program.header('data_size'), true) + scratch)
}

/** Writes a timespec and sleeps. */
function writePause(program: ProgramBytes, index: number, arch: Arch): void {
  const timespec = addScratch(program, 16)
  writeStore(program, index, timespec + 8n, 8n, PAUSE_NANOS, ARG_KINDS.ARG_VALUE)
  program.replace(index + 1, syscallNumber('nanosleep', arch))
  writeArgs(program, index + 1, [[ARG_KINDS.ARG_DATA, timespec]])
}

/** Writes a pollfd and polls for the end of the other side: no byte is read, as the next program may lie there. */
function writeWait(program: ProgramBytes, index: number, arch: Arch): void {
  const pollfd = addScratch(program, 8)
  writeStore(program, index, pollfd, 4n, BigInt(LIMITS.CONTROL_SLOT), ARG_KINDS.ARG_SLOT)
  writeStore(program, index + 1, pollfd + 4n, 4n, POLLRDHUP, ARG_KINDS.ARG_VALUE)
  program.replace(index + 2, syscallNumber('ppoll', arch))
  writeArgs(program, index + 2, [
    [ARG_KINDS.ARG_DATA, pollfd],
    [ARG_KINDS.ARG_VALUE, 1n],
  ])
  program.replace(index + 3, NO_SYSCALL)
}

function writeStore(
  program: ProgramBytes,
  index: number,
  at: bigint,
  width: bigint,
  value: bigint,
  kind: number,
): void {
  program.replace(index, PSEUDO_BIT + PSEUDO_OPS.store.nr)
  writeArgs(program, index, [
    [ARG_KINDS.ARG_DATA, at],
    [ARG_KINDS.ARG_VALUE, width],
    [kind, value],
  ])
}

function writeArgs(program: ProgramBytes, index: number, args: readonly [number, bigint][]): void {
  for (const [i, [kind, value]] of args.entries()) {
    program.view.setUint8(program.op(index, 'kinds') + i, kind)
    program.view.setBigInt64(program.op(index, 'args') + 8 * i, value, true)
  }
}
