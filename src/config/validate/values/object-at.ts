// Owns the least that is asked of options: that they are an object, of any class. Who needs more has record-at.ts.

import { refuseValue } from './refuse.ts'

/** The object as it came. @throws ConfigInvalid */
export function objectAt<T extends object>(value: T, at: string): T {
  if (typeof value !== 'object' || value === null) refuseValue(at, 'an object', value)
  return value
}
