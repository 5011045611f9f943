// Owns the check of what execve(2) gets: the arguments and the environment.

import { quoteText } from '../values/describe-value.ts'
import { textListAt } from '../values/list-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'

export function normalizeArgs(value: unknown, at: string): readonly [string, ...string[]] {
  const args = textListAt(value, at)
  if (args.length === 0) refuseField(at, 'expected at least the name of the program, got an empty list')
  if (args[0] === '') refuseValue(`${at}[0]`, 'a string that is not empty', '')
  return args as readonly [string, ...string[]]
}

export function normalizeEnv(value: unknown, at: string): readonly string[] {
  const env = textListAt(value, at, refuseVariable)
  for (let index = 0; index < env.length; index++) {
    const variable = env[index] as string
    if (variable.indexOf('=') <= 0) refuseKeyless(variable, `${at}[${index}]`)
  }
  return env
}

/** A value is never shown: it may be a secret. */
function refuseKeyless(variable: string, at: string): never {
  if (variable.startsWith('=')) refuseField(at, 'expected "KEY=VALUE", got an empty key')
  refuseField(at, `expected "KEY=VALUE", got no "=" in ${quoteText(variable)}`)
}

function refuseVariable(value: unknown, at: string): never {
  refuseValue(at, 'a string "KEY=VALUE"', value)
}
