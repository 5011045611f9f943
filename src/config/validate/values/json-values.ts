// Owns the readers of values that foreign JSON has and a configuration of ours has not: 64-bit integers as parseJson
// returns them, and lists of anything. For the specification of OCI and for the original's configurations.

import { listAt, textListAt } from './list-at.ts'
import type { Reader } from './record-at.ts'
import { refuseValue } from './refuse.ts'

/** The least and the greatest integer of 64 bits, signed and unsigned. */
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

/** Reads any integer of 64 bits: as a number, or beyond 2^53 as a bigint. */
export function int64At(value: unknown, at: string): number | bigint {
  const isExact = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (!isExact || (value as number | bigint) < MIN_INT64 || (value as number | bigint) > MAX_UINT64) {
    refuseValue(at, 'an integer of 64 bits', value)
  }
  return value as number | bigint
}

/** Reads an integer that a number holds exactly; its range is checked where its meaning is known. */
export function integerAt(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) refuseValue(at, 'an integer', value)
  return value
}

/** Reads a list of objects or values. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, at) => listAt(value, at, read)
}

/** Reads a list of strings. */
export const textsAt: Reader<readonly string[]> = (value, at) => textListAt(value, at)
