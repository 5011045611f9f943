// Owns timing init step by step, in init itself: before each step of a program it puts one clock_gettime into scratch
// memory, and at the end an op that returns the times. It changes programs on their way to init, as bytes.

import type { Kernel } from 'libcontainer/core'
import { syscallNumber } from '../src/abi/syscalls.ts'
import {
  ARG_KINDS,
  MAGIC,
  MESSAGE_KINDS,
  MESSAGE_SIZE,
  PSEUDO_BIT,
  PSEUDO_OPS,
} from '../src/protocol/schema.ts'

const HEADER_WORDS = 8
const OP_WORDS = 16
const TIMESPEC_SIZE = 16
const CLOCK_MONOTONIC = 1
/** An id that no plan uses; launch passes over a returned value that it doesn't know. */
const RETURN_ID = 0xbe9c

/** The steps that init runs, in the words of `explain`, and how many ops each has. */
export interface StepSize {
  readonly name: string
  readonly ops: number
}

/** From the listing of `explain` with its ops. */
export function readStepSizes(listing: string): readonly StepSize[] {
  const steps: { name: string; ops: number }[] = []
  for (const line of listing.split('\n')) {
    if (line.startsWith('init ')) steps.push({ name: line.slice(8).split(/ {2,}/)[0] ?? '', ops: 0 })
    else if (line.startsWith('          ')) (steps.at(-1) as { ops: number }).ops++
  }
  return steps
}

/**
 * A kernel whose programs are timed, and what was read from their clocks.
 * @param steps of a start, whose programs share them out in order
 * @param times gets a list per start: microseconds of CLOCK_MONOTONIC at the begin of each step
 */
export function clockingKernel(kernel: Kernel, steps: readonly StepSize[], times: number[][]): Kernel {
  let heard = new Uint8Array(0)
  let left: readonly StepSize[] = []
  let clocks: number[] = []
  return {
    ...kernel,
    send(socket, bytes, descriptors) {
      // A single byte lets init go on.
      const words = bytes.length === 1 ? new Int32Array(1) : new Int32Array(bytes.slice().buffer)
      if (words[0] !== MAGIC) return kernel.send(socket, bytes, descriptors)
      if (left.length === 0) {
        left = steps
        heard = new Uint8Array(0)
        clocks = []
      }
      const own = takeSteps(left, words[2] ?? 0)
      left = left.slice(own.length)
      const clockNr = syscallNumber('clock_gettime', kernel.arch)
      const timed = new Uint8Array(insertClocks(words, own, left.length === 0, clockNr).buffer)
      const sent = kernel.send(socket, timed, descriptors)
      if (sent >= 0 && sent !== timed.length) throw new Error(`only ${sent} bytes of the program were taken`)
      return sent < 0 ? sent : bytes.length
    },
    receive(socket, bytes, descriptors) {
      const length = kernel.receive(socket, bytes, descriptors)
      if (length <= 0) return length
      heard = takeTimes(Buffer.concat([heard, bytes.subarray(0, length)]), clocks)
      if (clocks.length === steps.length) times.push(clocks)
      return length
    },
  }
}

/** Those of a program with so many ops. */
function takeSteps(left: readonly StepSize[], opCount: number): readonly StepSize[] {
  let total = 0
  const end = left.findIndex(({ ops }) => {
    total += ops
    return total >= opCount
  })
  if (total !== opCount) throw new Error(`a program has ${opCount} ops, and its steps ${total}`)
  return left.slice(0, end + 1)
}

/** Reads whole messages, of which some hold our times. @returns what is left */
function takeTimes(heard: Uint8Array, times: number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(heard.buffer, heard.byteOffset, heard.length)
  let at = 0
  while (at + MESSAGE_SIZE <= heard.length) {
    const end = at + MESSAGE_SIZE + view.getUint32(at + 12, true)
    if (end > heard.length) break
    const isReturn = view.getUint32(at, true) === MESSAGE_KINDS.MESSAGE_RETURN
    if (isReturn && view.getUint32(at + 8, true) === RETURN_ID) {
      times.push(...readTimes(view, at + MESSAGE_SIZE, end))
    }
    at = end
  }
  return new Uint8Array(heard.subarray(at))
}

function readTimes(view: DataView, begin: number, end: number): number[] {
  const times: number[] = []
  for (let at = begin; at < end; at += TIMESPEC_SIZE) {
    times.push(Number(view.getBigInt64(at, true)) * 1e6 + Number(view.getBigInt64(at + 8, true)) / 1e3)
  }
  return times
}

/** The last step of all holds `started` and `execve`: there the times are returned before it. */
function insertClocks(
  words: Int32Array,
  steps: readonly StepSize[],
  executes: boolean,
  clockNr: number,
): Int32Array {
  const [opCount = 0, dataSize = 0, scratchSize = 0] = words.subarray(2)
  const scratch = dataSize + scratchSize
  const timed = new Int32Array(words.length + (steps.length + 1) * OP_WORDS)
  timed.set(words.subarray(0, HEADER_WORDS))
  timed[2] = opCount + steps.length + 1
  timed[4] = scratchSize + steps.length * TIMESPEC_SIZE
  let from = HEADER_WORDS
  let to = HEADER_WORDS
  const { ARG_VALUE, ARG_DATA } = ARG_KINDS
  const returnTimes = (): void => {
    const size = steps.length * TIMESPEC_SIZE
    const nr = PSEUDO_BIT | PSEUDO_OPS.return.nr
    writeOp(timed, to, nr, [ARG_VALUE, RETURN_ID], [ARG_VALUE, -1], [ARG_DATA, scratch], [ARG_VALUE, size])
    to += OP_WORDS
  }
  steps.forEach(({ name, ops }, index) => {
    writeOp(timed, to, clockNr, [ARG_VALUE, CLOCK_MONOTONIC], [ARG_DATA, scratch + index * TIMESPEC_SIZE])
    to += OP_WORDS
    if (executes && index === steps.length - 1) returnTimes()
    const length = ops * OP_WORDS
    checkSkips(words.subarray(from, from + length), name)
    timed.set(words.subarray(from, from + length), to)
    from += length
    to += length
  })
  if (!executes) returnTimes()
  timed.set(words.subarray(from), to)
  return timed
}

function writeOp(
  words: Int32Array,
  at: number,
  nr: number,
  ...args: readonly (readonly [number, number])[]
): void {
  words[at] = nr
  args.forEach(([kind, value], index) => {
    words[at + 2] = (words[at + 2] as number) | (kind << (8 * index))
    words[at + 4 + 2 * index] = value
    words[at + 5 + 2 * index] = value < 0 ? -1 : 0
  })
}

/** A skip from one step into another would land one op early. */
function checkSkips(ops: Int32Array, step: string): void {
  for (let index = 0; index < ops.length / OP_WORDS; index++) {
    const skip = (ops[index * OP_WORDS + 3] as number) >>> 24
    if (index + skip >= ops.length / OP_WORDS) throw new Error(`an op of "${step}" skips out of its step`)
  }
}
