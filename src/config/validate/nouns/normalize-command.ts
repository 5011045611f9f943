// Owns the check of what execve(2) gets: the arguments and the environment.

import { quoteText } from '../values/describe-value.ts'
import { listAt } from '../values/list-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { filledTextAt, refuseUnspeakable, textAt } from '../values/scalar-at.ts'

export function normalizeArgs(value: unknown, at: string): readonly [string, ...string[]] {
  const args = listAt(value, at, textAt)
  if (args.length === 0) refuseField(at, 'expected at least the name of the program, got an empty list')
  filledTextAt(args[0], `${at}[0]`)
  return args as readonly [string, ...string[]]
}

export function normalizeEnv(value: unknown, at: string): readonly string[] {
  return listAt(value, at, normalizeVariable)
}

/** A value is never shown: it may be a secret. */
function normalizeVariable(value: unknown, at: string): string {
  if (typeof value !== 'string') refuseValue(at, 'a string "KEY=VALUE"', value)
  const equals = value.indexOf('=')
  if (equals < 0) refuseField(at, `expected "KEY=VALUE", got no "=" in ${quoteText(value)}`)
  if (equals === 0) refuseField(at, 'expected "KEY=VALUE", got an empty key')
  refuseUnspeakable(value, at)
  return value
}
