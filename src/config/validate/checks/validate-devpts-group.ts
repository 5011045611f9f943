// Owns the rule that the group of terminals is one that a new user namespace has: devpts takes no other.

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateDevptsGroup(config: FilledConfig): void {
  if (!config.namespaces.some(({ type, path }) => type === 'user' && path === undefined)) return
  config.mounts.forEach((mount, index) => {
    if (mount.type !== 'devpts' || !('data' in mount)) return
    for (const [, id] of (mount.data ?? '').matchAll(/(?:^|,)gid=(\d+)/g)) {
      const gid = Number(id)
      if (
        !(config.gidMappings ?? []).some((row) => row.containerId <= gid && gid < row.containerId + row.size)
      ) {
        refuseField(
          `mounts[${index}].data`,
          `gid ${gid} is not mapped in the user namespace`,
          'map it, or leave it out',
        )
      }
    }
  })
}
