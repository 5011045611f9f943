// Owns the name of a container's unit and where systemd puts its cgroup (systemd.unit(5), systemd.slice(5)). Pure.

import { refuseField } from '../../config/validate/values/refuse.ts'

const FIELD = 'cgroup.path'

export interface UnitName {
  /** `prefix-name.scope`, or the name itself where that ends in `.slice`. */
  readonly unit: string
  readonly slice: string
}

/**
 * Reads `slice:prefix:name`. An empty slice is `system.slice`, or `user.slice` in a user's manager.
 * @throws LibcontainerError ConfigInvalid
 */
export function parseUnitName(path: string, bus: 'system' | 'user'): UnitName {
  const parts = path.replace(/^\//, '').split(':')
  const [slice, prefix, name] = parts
  if (slice === undefined || prefix === undefined || !name || parts.length !== 3) {
    refuseField(FIELD, `expected slice:prefix:name for systemd, got ${JSON.stringify(path)}`)
  }
  const unit = name.endsWith('.slice') ? name : `${prefix === '' ? '' : `${prefix}-`}${name}.scope`
  // What a unit may be called; systemd escapes the rest, and we take no name that it would change.
  if (!/^[\w:.\\@-]+$/.test(unit) || unit.length > 255) {
    refuseField(FIELD, `${JSON.stringify(unit)} is no name of a unit`)
  }
  return { unit, slice: slice === '' ? `${bus}.slice` : slice }
}

/** The path of a slice's cgroup: `/a.slice/a-b.slice` for `a-b.slice`, as the dash says what lies in what. */
export function expandSlice(slice: string): string {
  if (slice === '-.slice') return ''
  const name = slice.replace(/\.slice$/, '')
  if (name === slice || !/^[\w:.\\@]+(?:-[\w:.\\@]+)*$/.test(name)) {
    refuseField(FIELD, `${JSON.stringify(slice)} is no name of a slice`)
  }
  const parts = name.split('-')
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('-')}.slice`).join('')
}
