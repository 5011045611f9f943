// Owns the rule that what changes a namespace needs a namespace of the container: without one it would change the
// caller's. The order is that of the original's validator, then ours.

import type { FilledConfig } from '../../container-config.ts'
import type { NamespaceType } from '../../namespace.ts'
import { requireNamespace } from './require-namespace.ts'

const NEEDS = [
  ['networks', 'network'],
  ['routes', 'network'],
  ['hostname', 'uts'],
  ['domainname', 'uts'],
  ['maskedPaths', 'mount'],
  ['readonlyPaths', 'mount'],
  ['uidMappings', 'user'],
  ['gidMappings', 'user'],
  ['timeOffsets', 'time'],
  ['mounts', 'mount'],
  ['devices', 'mount'],
  ['readonlyRootfs', 'mount'],
  ['rootfsPropagation', 'mount'],
  ['noPivotRoot', 'mount'],
] as const satisfies readonly (readonly [keyof FilledConfig, NamespaceType])[]

export function validateNamespaceNeeds(config: FilledConfig): void {
  for (const [field, type] of NEEDS) {
    if (isSet(config[field])) requireNamespace(config, type, field)
  }
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}
