// Owns the readers of single values: truth values, numbers, names out of a list, texts.
// A text that passed can be handed to the kernel: it has no NUL and encodes to UTF-8 without loss.

import { didYouMean } from './closest-name.ts'
import { describeValue } from './describe-value.ts'
import type { Reader } from './record-at.ts'
import { refuseField, refuseValue } from './refuse.ts'

export function booleanAt(value: unknown, at: string): boolean {
  if (typeof value !== 'boolean') refuseValue(at, 'true or false', value)
  return value
}

/** Reads an integer from `min` to `max`, both included. */
export function integerFrom(min: number, max: number): Reader<number> {
  return (value, at) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
      refuseValue(
        at,
        `an integer from ${min} to ${max}`,
        value,
        typeof value === 'bigint' ? 'without the n' : undefined,
      )
    }
    return value === 0 ? 0 : value
  }
}

/** Reads a bigint from `min` to `max`, both included. */
export function bigintFrom(min: bigint, max: bigint): Reader<bigint> {
  return (value, at) => {
    if (typeof value !== 'bigint' || value < min || value > max) {
      const hint = Number.isSafeInteger(value)
        ? `64-bit numbers are written with an n: ${describeValue(value)}n`
        : undefined
      refuseValue(at, `a bigint from ${min}n to ${max}n`, value, hint)
    }
    return value
  }
}

/** Reads one of a list of names. `what` is what they are called: `a mount attribute`. */
export function nameOf<T extends string>(names: readonly T[], what: string): Reader<T> {
  return (value, at) => {
    if (!(names as readonly unknown[]).includes(value)) {
      const choice = names.length <= 8 ? ` (${names.join(', ')})` : ''
      refuseValue(at, what + choice, value, typeof value === 'string' ? didYouMean(value, names) : undefined)
    }
    return value as T
  }
}

/** Reads a text, empty or not. */
export function textAt(value: unknown, at: string): string {
  if (typeof value !== 'string') refuseValue(at, 'a string', value)
  refuseUnspeakable(value, at)
  return value
}

/** Reads a text that is not empty. */
export function filledTextAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '') refuseValue(at, 'a string that is not empty', value)
  refuseUnspeakable(value, at)
  return value
}

/** Refuses what the kernel would cut off or what would arrive as something else. The text itself is not shown. */
export function refuseUnspeakable(text: string, at: string): void {
  if (text.includes('\0')) refuseField(at, 'the kernel ends a string at NUL, and there is one inside')
  if (!text.isWellFormed()) refuseField(at, 'half of a surrogate pair cannot be written as UTF-8')
}

/** Whether a text arrives at the kernel as it is. */
export function isSpeakable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}
