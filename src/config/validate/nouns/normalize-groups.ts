// Owns the check of a list of supplementary groups and of the range of user and group ids.

import { listAt } from '../values/list-at.ts'
import { refuseValue } from '../values/refuse.ts'
import { integerFrom, refuseUnspeakable } from '../values/scalar-at.ts'

/**
 * The greatest user and group id. Greater ones wrap around to root in some program (CVE-2024-40635), and 2^32-1 means
 * "leave as it is" to setresuid(2).
 */
export const MAX_USER_ID = 0x7fff_ffff

const groupIdAt = integerFrom(0, MAX_USER_ID)

export function normalizeGroups(value: unknown, at: string): readonly (string | number)[] {
  return listAt(value, at, normalizeGroup)
}

function normalizeGroup(value: unknown, at: string): string | number {
  if (typeof value === 'number') return groupIdAt(value, at)
  if (typeof value !== 'string' || value === '' || /[:,\n]/.test(value)) {
    refuseValue(at, 'the name or number of a group', value)
  }
  refuseUnspeakable(value, at)
  refuseIdOutOfRange(value, at)
  return value
}

/** Refuses a text that is a number but no id (CVE-2016-3697: a number is never taken for a name). */
export function refuseIdOutOfRange(text: string, at: string): void {
  const isNumber = /^[+-]?\d+$/.test(text)
  if (isNumber && (!/^\d/.test(text) || Number(text) > MAX_USER_ID)) {
    refuseValue(at, `a name, or a number from 0 to ${MAX_USER_ID}`, text)
  }
}
