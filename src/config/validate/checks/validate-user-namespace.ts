// Owns the rule that a new user namespace has mappings, root's among them, and that a joined one keeps its own.

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateUserNamespace(config: FilledConfig): void {
  const user = config.namespaces.find(({ type }) => type === 'user')
  if (user === undefined) return
  for (const field of ['uidMappings', 'gidMappings'] as const) {
    const rows = config[field] ?? []
    if (user.path !== undefined) {
      if (rows.length > 0) refuseField(field, 'the user namespace is joined, and has its own mappings')
    } else if (!rows.some(({ containerId }) => containerId === 0)) {
      // init sets the container up as 0:0 inside.
      refuseField(
        field,
        'a new user namespace needs its id 0 mapped',
        '{ containerId: 0, hostId: 1000, size: 1 }',
      )
    }
  }
}
