// Owns the readers of values that config.json has and a configuration of ours has not: names with a prefix, and objects
// that follow the specification's manners.

import { ownRecordAt, type Reader, type Shape } from '../config/validate/values/record-at.ts'
import { nameOf } from '../config/validate/values/scalar-at.ts'

/** Reads a name of ours that the specification writes with a prefix: `SCHED_FIFO` is `FIFO`. */
export function prefixedName<T extends string>(prefix: string, names: readonly T[], what: string): Reader<T> {
  const read = nameOf(
    names.map((name) => prefix + name),
    what,
  )
  return (value, at) => read(value, at).slice(prefix.length) as T
}

/** Reads an object as the specification wants it: unknown keys are passed over, and null is absent. */
export function objectOf<T extends object>(
  what: string,
  readers: Shape<T>['readers'],
  required: readonly (keyof T & string)[] = [],
): Reader<T> {
  const shape: Shape<T> = { what, readers, required, manners: 'json' }
  return (value, at) => ownRecordAt(value, at, shape)
}
