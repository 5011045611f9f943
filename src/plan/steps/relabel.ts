// Owns which sources of binds the parent relabels before the container sees them (SELinux). It is done to the host's
// files for good, as its users expect of `z` and `Z`: nothing takes it back.

import type { ValidConfig } from '../../config/container-config.ts'
import { sharedFileContext } from '../../labels/selinux-context.ts'
import type { HostAction } from '../launch-plan.ts'

export function planRelabels({ mounts, mountLabel }: ValidConfig): readonly HostAction[] {
  if (mountLabel === undefined) return []
  return mounts.flatMap((mount, index): readonly HostAction[] => {
    if (!('relabel' in mount) || mount.relabel === undefined) return []
    const { source: path, recursive = true, relabel } = mount
    const label = relabel === 'shared' ? sharedFileContext(mountLabel) : mountLabel
    return [
      {
        when: 'before the clone',
        name: 'relabel',
        object: path,
        reason: `as ${label}, for ${relabel === 'shared' ? 'all containers' : 'this container alone'}`,
        field: `mounts[${index}].relabel`,
        action: { kind: 'relabel', path, label, acrossMounts: recursive },
      },
    ]
  })
}
