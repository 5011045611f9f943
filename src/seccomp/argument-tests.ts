// Owns conditions on arguments as instructions: exact on 64 bits, by the two words that BPF can see. Where arguments
// have 32 bits only the low word is looked at: the kernel ignores the upper half of the registers of an int 0x80, and
// a filter that compared it could be talked past.

import type { ExactSeccompArgument } from '../config/seccomp.ts'
import type { FilterWriter, Place } from './filter-writer.ts'

/** Offsets in struct seccomp_data (include/uapi/linux/seccomp.h); both machines are little-endian. */
const LOW_WORD = 16
const HIGH_WORD = 20

/** Writes a condition that goes on at `yes` or at `no`. @returns where it begins */
export function writeTest(
  w: FilterWriter,
  test: ExactSeccompArgument,
  isWide: boolean,
  yes: Place,
  no: Place,
): Place {
  const { index, op, value, valueTwo } = test
  const low = Number(value & 0xffff_ffffn)
  const high = Number(value >> 32n)
  switch (op) {
    case 'EQ':
      return writeEqual(w, { index, low, high }, isWide, yes, no)
    case 'NE':
      return writeEqual(w, { index, low, high }, isWide, no, yes)
    case 'GE':
      return writeOrder(w, { index, low, high }, isWide, 'greaterOrEqual', yes, no)
    case 'LT':
      return writeOrder(w, { index, low, high }, isWide, 'greaterOrEqual', no, yes)
    case 'GT':
      return writeOrder(w, { index, low, high }, isWide, 'greater', yes, no)
    case 'LE':
      return writeOrder(w, { index, low, high }, isWide, 'greater', no, yes)
    case 'MASKED_EQ':
      return writeMasked(w, index, { low, high }, valueTwo, isWide, yes, no)
  }
}

interface Words {
  readonly low: number
  readonly high: number
}

type Operand = Words & { readonly index: number }

function writeEqual(w: FilterWriter, operand: Operand, isWide: boolean, yes: Place, no: Place): Place {
  const { index, low, high } = operand
  if (!isWide && high !== 0) return no
  const lowTest = w.load(LOW_WORD + 8 * index, w.jump('equal', low, yes, no))
  return isWide ? w.load(HIGH_WORD + 8 * index, w.jump('equal', high, lowTest, no)) : lowTest
}

/** The high words decide unless they are equal. */
function writeOrder(
  w: FilterWriter,
  { index, low, high }: Operand,
  isWide: boolean,
  condition: 'greater' | 'greaterOrEqual',
  yes: Place,
  no: Place,
): Place {
  if (!isWide && high !== 0) return no
  const lowTest = w.load(LOW_WORD + 8 * index, w.jump(condition, low, yes, no))
  if (!isWide) return lowTest
  const equal = w.jump('equal', high, lowTest, no)
  return w.load(HIGH_WORD + 8 * index, w.jump('greater', high, yes, equal))
}

function writeMasked(
  w: FilterWriter,
  index: number,
  mask: Words,
  expected: bigint,
  isWide: boolean,
  yes: Place,
  no: Place,
): Place {
  const low = Number(expected & 0xffff_ffffn)
  const high = Number(expected >> 32n)
  const lowTest = writeMaskedWord(w, LOW_WORD + 8 * index, mask.low, low, yes, no)
  return writeMaskedWord(w, HIGH_WORD + 8 * index, isWide ? mask.high : 0, high, lowTest, no)
}

function writeMaskedWord(
  w: FilterWriter,
  offset: number,
  mask: number,
  expected: number,
  yes: Place,
  no: Place,
): Place {
  if (mask === 0) return expected === 0 ? yes : no
  const compared = w.jump('equal', expected, yes, no)
  return w.load(offset, mask === 0xffff_ffff ? compared : w.mask(mask, compared))
}
