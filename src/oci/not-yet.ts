// Owns the refusal of what the OCI runtime specification has and this library does not apply yet. Nothing that was
// asked for is ever passed over in silence.

import type { Reader } from '../config/validate/values/record-at.ts'
import { refuseField } from '../config/validate/values/refuse.ts'

/** Readers for fields that are refused when they ask for anything. */
export function notYet<K extends string>(...keys: readonly K[]): Readonly<Record<K, Reader<undefined>>> {
  return Object.fromEntries(keys.map((key) => [key, refuseAsked])) as Record<K, Reader<undefined>>
}

function refuseAsked(value: unknown, at: string): undefined {
  if (!isEmpty(value)) refuseField(at, 'this is not applied yet')
}

/** Whether a value asks for nothing, as an encoder writes a structure of which nothing was set. */
export function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isEmpty)
  return !value
}
