// Owns how a configuration is refused: the one place that builds ConfigInvalid errors, and the paths of fields.
// Nothing was touched when one of these is thrown.

import { LibcontainerError } from '../../../errors.ts'
import { describeValue } from './describe-value.ts'

/**
 * Refuses a value that is not what its field takes.
 * @param field the path of the field, `''` for the whole argument
 * @param expected what the field takes: `an absolute path`
 */
export function refuseValue(field: string, expected: string, came: unknown, hint?: string): never {
  refuseField(field, `expected ${expected}, got ${describeValue(came)}`, hint)
}

/** Refuses a field for a reason in words: a contradiction, an unknown key. `cause`: what was thrown. */
export function refuseField(field: string, reason: string, hint?: string, cause?: unknown): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: field === '' ? 'use the argument' : `use ${field}`,
    reason,
    field,
    ...(hint === undefined ? {} : { hint }),
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The path of a key: `cgroup.memory`, `sysctl["net.ipv4.ip_forward"]`. */
export function keyPath(at: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${at}[${JSON.stringify(key)}]`
  return at === '' ? key : `${at}.${key}`
}
