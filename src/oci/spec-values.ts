// Owns the readers of values that config.json has and a configuration of ours has not: 64-bit integers as JSON has
// them, lists and objects that follow the specification's manners.

import { listAt } from '../config/validate/values/list-at.ts'
import { type Reader, recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { refuseValue } from '../config/validate/values/refuse.ts'
import { nameOf, textAt } from '../config/validate/values/scalar-at.ts'
import type { Int64 } from './runtime-spec.ts'

/** The least and the greatest integer of 64 bits, signed and unsigned. */
const MIN_INT64 = -(2n ** 63n)
const MAX_UINT64 = 2n ** 64n - 1n

/** Reads any integer of 64 bits: as a number, or beyond 2^53 as a bigint. */
export function int64At(value: unknown, at: string): Int64 {
  const isExact = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (!isExact || (value as Int64) < MIN_INT64 || (value as Int64) > MAX_UINT64) {
    refuseValue(at, 'an integer of 64 bits', value)
  }
  return value as Int64
}

/** Reads an integer that a number holds exactly; its range is checked where its meaning is known. */
export function integerAt(value: unknown, at: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) refuseValue(at, 'an integer', value)
  return value
}

/** Reads a name of ours that the specification writes with a prefix: `SCHED_FIFO` is `FIFO`. */
export function prefixedName<T extends string>(prefix: string, names: readonly T[], what: string): Reader<T> {
  const read = nameOf(
    names.map((name) => prefix + name),
    what,
  )
  return (value, at) => read(value, at).slice(prefix.length) as T
}

/** Reads a list of objects or values. */
export function listOf<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, at) => listAt(value, at, read)
}

/** Reads a list of strings. */
export const textsAt: Reader<readonly string[]> = listOf(textAt)

/** Reads an object as the specification wants it: unknown keys are passed over, and null is absent. */
export function objectOf<T extends object>(
  what: string,
  readers: Shape<T>['readers'],
  required: readonly (keyof T & string)[] = [],
): Reader<T> {
  return (value, at) => recordAt(value, at, { what, readers, required, manners: 'json' })
}
