// Owns how a list of the caller becomes ours: each element is read once, by index.
// It never trusts an iterator, a hole or a length that changes.

import type { Reader } from './record-at.ts'
import { refuseField, refuseValue } from './refuse.ts'
import { isSpeakable, refuseUnspeakable, textAt } from './scalar-at.ts'

/**
 * A frozen copy of a list whose elements were read one by one.
 * @param known names that are valid, or elements of ours that are, deeply frozen (defaults): what is one of them is
 * taken as it is
 */
export function listAt<T>(
  value: unknown,
  at: string,
  read: Reader<T>,
  known?: ReadonlySet<unknown>,
): readonly T[] {
  const given = arrayOf(value, at)
  const length = given.length
  const result: T[] = []
  for (let index = 0; index < length; index++) {
    const item = given[index]
    result[index] = known?.has(item) === true ? (item as T) : read(item, `${at}[${index}]`)
  }
  return Object.freeze(result)
}

/** The same for texts. They are looked at all together, and one by one only where that finds anything. */
export function textListAt(value: unknown, at: string, read: Reader<string> = textAt): readonly string[] {
  const given = arrayOf(value, at)
  const length = given.length
  const result: string[] = []
  for (let index = 0; index < length; index++) {
    const item = given[index]
    result[index] = typeof item === 'string' ? item : read(item, `${at}[${index}]`)
  }
  // Apart, as half of a pair at an end would make a whole one with the next.
  if (!isSpeakable(result.join(' '))) {
    for (let index = 0; index < length; index++) refuseUnspeakable(result[index] as string, `${at}[${index}]`)
  }
  return Object.freeze(result)
}

function arrayOf(value: unknown, at: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuseValue(at, 'a list', value)
}

/** Refuses a list in which two elements have the same value under a key. */
export function refuseDuplicates<T extends object>(
  list: readonly T[],
  at: string,
  key: keyof T & string,
): void {
  const seen = new Map<unknown, number>()
  for (let index = 0; index < list.length; index++) {
    const value = list[index]?.[key]
    const earlier = seen.get(value)
    if (earlier !== undefined)
      refuseField(`${at}[${index}].${key}`, `"${String(value)}" was given before, by ${at}[${earlier}]`)
    seen.set(value, index)
  }
}
