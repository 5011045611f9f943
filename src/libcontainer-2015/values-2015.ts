// Owns the readers of values as Go's JSON has them: integers by their size, and objects whose unknown keys are told.

import { listAt } from '../config/validate/values/list-at.ts'
import { type Reader, recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { keyPath, refuseValue } from '../config/validate/values/refuse.ts'
import { textAt } from '../config/validate/values/scalar-at.ts'
import type { Int64 } from './config-2015.ts'

/** Makes readers of objects. */
export type ObjectReader = <T extends object>(what: string, readers: Shape<T>['readers']) => Reader<T>

/** Readers that pass over what the original does not have, as it did, and tell of it. */
export function objectsThatTell(warn: (text: string) => void): ObjectReader {
  return (what, readers) => (value, at) => {
    const result = recordAt(value, at, { what, readers, required: [], manners: 'json' })
    for (const key of Object.keys(value as object)) {
      if (!Object.hasOwn(readers, key)) warn(`${keyPath(at, key)}: ${what} of 2015 has no such key`)
    }
    return result
  }
}

const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

/** Reads any integer of 64 bits: as a number, or beyond 2^53 as a bigint. */
export function int64At(value: unknown, at: string): Int64 {
  const isExact = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (!isExact || (value as Int64) < MIN_INT64 || (value as Int64) > MAX_UINT64)
    refuseValue(at, 'an integer of 64 bits', value)
  return value as Int64
}

/** Reads an integer that a number holds exactly; its range is checked where its meaning is known. */
export function integerAt(value: unknown, at: string): number {
  if (!Number.isSafeInteger(value)) refuseValue(at, 'an integer', value)
  return value as number
}

export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, at) => listAt(value, at, read)
}

export const textsAt: Reader<readonly string[]> = listOf(textAt)
