// Owns how an object of the caller becomes ours: each own key is read once, by the reader that its name has.
// It never reads an inherited key, calls a getter twice, or hands on an object that the caller can still change.

import { didYouMean } from './closest-name.ts'
import { keyPath, refuseField, refuseValue } from './refuse.ts'

/** Checks a value and returns our own copy, deeply frozen. `at` is the path of its field. */
export type Reader<T> = (value: unknown, at: string) => T

export interface Shape<T extends object> {
  /** What such an object is called in errors: `a mount`. */
  readonly what: string
  /** A reader for every key. */
  readonly readers: { readonly [K in keyof T]-?: Reader<Exclude<T[K], undefined>> }
  readonly required: readonly (keyof T & string)[]
  /**
   * `json`: as the OCI runtime specification has it, unknown keys are passed over and null is absent. A key in other
   * letters is taken for the one that is meant. Where both are there the later one counts, and of two objects each of
   * their keys, as for all programs in Go (`encoding/json`).
   * @default 'strict'
   */
  readonly manners?: 'strict' | 'json'
}

/** A frozen copy of an object, with the keys that came. A key whose value is undefined is absent. */
export function recordAt<T extends object>(value: unknown, at: string, shape: Shape<T>): T {
  return Object.freeze(ownRecordAt(value, at, shape))
}

/** The same, to be completed and frozen by the caller. */
export function ownRecordAt<T extends object>(value: unknown, at: string, shape: Shape<T>): T {
  const given = isPlain(value) ? value : refuseValue(at, `${shape.what}, as a plain object`, value)
  const json = shape.manners === 'json'
  const readers: Readonly<Record<string, Reader<unknown>>> = shape.readers
  const result: Record<string, unknown> = {}
  const prefix = at === '' ? '' : `${at}.`
  for (const key of Object.keys(given)) {
    // A key such as "constructor" has no reader, though every object has it.
    const isKnown = key in INHERITED ? Object.hasOwn(readers, key) : readers[key] !== undefined
    if (!isKnown && !json)
      refuseField(keyPath(at, key), `${shape.what} has no such key`, didYouMean(key, Object.keys(readers)))
    const name = isKnown ? key : inOtherLetters(key, readers)
    const read = readers[name]
    if (name === '' || read === undefined) continue
    const field = prefix + key
    const came = readKey(given, key, field)
    if (came === undefined || (json && came === null)) continue
    const own = read(came, field)
    result[name] = result[name] === undefined ? own : merge(result[name], own)
  }
  requireKeys(result, at, shape)
  return result as T
}

/** The reader of a required key says itself what it would have expected. */
function requireKeys<T extends object>(
  result: Readonly<Record<string, unknown>>,
  at: string,
  { required, readers }: Shape<T>,
): void {
  for (const key of required) if (result[key] === undefined) readers[key](undefined, keyPath(at, key))
}

/** The known key that is meant; `''` for none. */
function inOtherLetters(key: string, readers: object): string {
  const letters = key.toLowerCase()
  for (const known in readers)
    if (known.length === key.length && known.toLowerCase() === letters) return known
  return ''
}

/** Of two values of one key, of which only JSON can have several: both, where they are objects, and else the later one. */
function merge(earlier: unknown, later: unknown): unknown {
  if (!isPlain(earlier) || !isPlain(later)) return later
  const both: Record<string, unknown> = { ...earlier }
  for (const key of Object.keys(later)) both[key] = merge(both[key], later[key])
  return Object.freeze(both)
}

/** A getter of the caller's may throw: that is a wrong field, too. */
function readKey(given: Readonly<Record<string, unknown>>, key: string, field: string): unknown {
  try {
    return given[key]
  } catch (cause) {
    return refuseField(field, 'it throws when it is read', undefined, cause)
  }
}

const INHERITED = Object.prototype

/** A frozen copy of an object whose keys are data, such as labels. The order of the keys is kept. */
export function mapAt<T>(
  value: unknown,
  at: string,
  what: string,
  read: (key: string, value: unknown, at: string) => T,
): Readonly<Record<string, T>> {
  const given = isPlain(value) ? value : refuseValue(at, `${what}, as a plain object`, value)
  const result: Record<string, T> = {}
  for (const key of Object.keys(given)) {
    const field = keyPath(at, key)
    // Who assigns keys one by one, as we do here, would change the prototype of the object.
    if (key === '__proto__') refuseField(field, `${what} cannot have this key`)
    result[key] = read(key, given[key], field)
  }
  return Object.freeze(result)
}

/** An object literal, of any realm. Others keep values out of sight (class instances, maps) and are refused. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === INHERITED) return true
  if (prototype === null) return !Array.isArray(value)
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf')
}
