// Owns how the hooks of config.json are read and become ours: the same six lists, with time limits in other units.

import type { Hook, Hooks } from '../config/command.ts'
import { normalizeEnv } from '../config/validate/nouns/normalize-command.ts'
import { listOf, textsAt } from '../config/validate/values/json-values.ts'
import { absolutePathAt } from '../config/validate/values/path-at.ts'
import { integerFrom } from '../config/validate/values/scalar-at.ts'
import type { SpecHook, SpecHooks } from './runtime-spec.ts'
import { objectOf } from './spec-values.ts'

/** What a timer of milliseconds in 32 bits holds. */
const MAX_TIMEOUT_SECONDS = 2_147_483

const hooksOfKindAt = listOf(
  objectOf<SpecHook>(
    'a hook',
    {
      path: absolutePathAt,
      args: textsAt,
      env: normalizeEnv,
      timeout: integerFrom(1, MAX_TIMEOUT_SECONDS),
    },
    ['path'],
  ),
)

export const hooksAt = objectOf<SpecHooks>('a set of hooks', {
  prestart: hooksOfKindAt,
  createRuntime: hooksOfKindAt,
  createContainer: hooksOfKindAt,
  startContainer: hooksOfKindAt,
  poststart: hooksOfKindAt,
  poststop: hooksOfKindAt,
})

export function convertHooks(hooks: SpecHooks): Hooks {
  return Object.fromEntries(Object.entries(hooks).map(([kind, list]) => [kind, list.map(convertHook)]))
}

/** An empty command line is what an encoder writes for none. */
function convertHook({ args = [], timeout, ...hook }: SpecHook): Hook {
  return {
    ...hook,
    ...(args.length > 0 && { args }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
  }
}
