// Owns the check of the text that says who a process runs as: `user:group`, by name or number, both optional.

import { refuseValue } from '../values/refuse.ts'
import { textAt } from '../values/scalar-at.ts'
import { refuseIdOutOfRange } from './normalize-groups.ts'

export function normalizeUser(value: unknown, at: string): string {
  const user = textAt(value, at)
  const parts = user.split(':')
  if (parts.length > 2 || user.includes('\n'))
    refuseValue(at, '"user", "user:group" or numbers in their place', user)
  for (const part of parts) refuseIdOutOfRange(part, at)
  return user
}
