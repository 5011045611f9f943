// Owns the runtimes that ours is compared with: where they are, and how two answers are compared that differ in their
// figures and must not in their form.

import { existsSync } from 'node:fs'
import { root } from './build-runt.ts'

/** runc 1.3.6, fetched by tools/fetch-runtimes. */
export const RUNC = `${root}build/runtimes/bin/runc`

/** Why a comparison with it cannot be made here; false when it can. */
export const withoutRunc = existsSync(RUNC)
  ? false
  : 'runc is not there to compare with: tools/fetch-runtimes'

export type Form = string | { readonly [key: string]: Form } | readonly Form[]

/** What a value of JSON looks like: its keys and types, without its figures. Lists have the form of their first item. */
export function formOf(value: unknown): Form {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.slice(0, 1).map(formOf)
  if (typeof value !== 'object') return typeof value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, formOf(item)]))
}
