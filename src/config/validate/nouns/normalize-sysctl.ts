// Owns the check of kernel parameters one by one: a key that leads to one file below /proc/sys, and a value.

import { sysctlPath } from '../../sysctl-path.ts'
import { mapAt } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { refuseUnspeakable, textAt } from '../values/scalar-at.ts'

export function normalizeSysctl(value: unknown, at: string): Readonly<Record<string, string>> {
  const seen = new Map<string, string>()
  return mapAt(value, at, 'a set of kernel parameters', (key, text, field) => {
    refuseUnspeakable(key, field)
    const path = sysctlPath(key)
    if (path.split('/').some((part) => part === '' || part === '.' || part === '..')) {
      refuseField(field, 'expected the name of a kernel parameter, such as "net.ipv4.ip_forward"')
    }
    const earlier = seen.get(path)
    if (earlier !== undefined) refuseField(field, `"${earlier}" is the same parameter`)
    seen.set(path, key)
    return textAt(text, field)
  })
}
