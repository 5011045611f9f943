// Owns the rule that what changes a namespace needs a namespace of the container: without one it would change the
// caller's. The order is that of the original's validator, then ours.

import type { FilledConfig } from '../../container-config.ts'
import type { NamespaceType } from '../../namespace.ts'
import { requireNamespace } from './require-namespace.ts'

/** The type of namespace that a field needs. */
const NEEDS = {
  networks: 'network',
  routes: 'network',
  hostname: 'uts',
  domainname: 'uts',
  maskedPaths: 'mount',
  readonlyPaths: 'mount',
  uidMappings: 'user',
  gidMappings: 'user',
  timeOffsets: 'time',
  mounts: 'mount',
  devices: 'mount',
  readonlyRootfs: 'mount',
  rootfsPropagation: 'mount',
  noPivotRoot: 'mount',
} as const satisfies Partial<Record<keyof FilledConfig, NamespaceType>>

const FIELDS = Object.keys(NEEDS) as readonly (keyof typeof NEEDS)[]

export function validateNamespaceNeeds(config: FilledConfig): void {
  for (const field of FIELDS) if (isSet(config[field])) requireNamespace(config, NEEDS[field], field)
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}
