// Owns how a list of the caller becomes ours: each element is read once, by index.
// It never trusts an iterator, a hole or a length that changes.

import type { Reader } from './record-at.ts'
import { refuseField, refuseValue } from './refuse.ts'

/**
 * A frozen copy of a list whose elements were read one by one.
 * @param known elements of ours, deeply frozen and valid (defaults): what is one of them is taken as it is
 */
export function listAt<T>(
  value: unknown,
  at: string,
  read: Reader<T>,
  known: readonly unknown[] = [],
): readonly T[] {
  if (!Array.isArray(value)) refuseValue(at, 'a list', value)
  const given: readonly unknown[] = value
  const length = given.length
  const result: T[] = []
  for (let index = 0; index < length; index++) {
    const item = given[index]
    result.push(known.includes(item) ? (item as T) : read(item, `${at}[${index}]`))
  }
  return Object.freeze(result)
}

/** Refuses a list in which two elements have the same value under a key. */
export function refuseDuplicates<T extends object>(
  list: readonly T[],
  at: string,
  key: keyof T & string,
): void {
  const seen = new Map<unknown, number>()
  list.forEach((item, index) => {
    const earlier = seen.get(item[key])
    if (earlier !== undefined) {
      refuseField(`${at}[${index}].${key}`, `"${String(item[key])}" was given before, by ${at}[${earlier}]`)
    }
    seen.set(item[key], index)
  })
}
