// Owns the readers of objects as Go's JSON has them: their unknown keys are told.

import { type Reader, recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { keyPath } from '../config/validate/values/refuse.ts'

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
