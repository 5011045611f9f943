// Owns which manager a container's cgroup has: by the configuration, and by who makes cgroups for this factory.

import { createCgroupManager } from '../cgroups/create-manager.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Host } from './host.ts'

/** null: it stays in the cgroups of its maker. @throws ConfigInvalid for a path that is none; SystemError */
export function chooseCgroup(host: Host, id: string, config: ValidConfig): CgroupManager | null {
  const { cgroup, labels } = config
  const { cgroupManager } = host.options
  if (cgroup === undefined || cgroupManager === 'none') return null
  const systemd = cgroupManager === 'systemd' ? id : null
  return createCgroupManager(host.kernel, host.hierarchies, cgroup, {
    systemd,
    labels,
    owner: ownerOf(config),
  })
}

/**
 * A container that may write to its cgroup, and sees no other, gets it as its own: the host's user that is root in it
 * (runtime-spec, "Cgroup ownership"). null: it stays the caller's.
 */
function ownerOf({ namespaces, uidMappings, mounts }: ValidConfig): number | null {
  const hasOwn = namespaces.some(({ type, path }) => type === 'cgroup' && path === undefined)
  const mount = mounts.findLast(({ type }) => type === 'cgroup')
  const isWritable =
    mount?.attributes?.findLast((attribute) => attribute === 'ro' || attribute === 'rw') !== 'ro'
  if (!hasOwn || mount === undefined || !isWritable) return null
  const root = uidMappings?.find(({ containerId }) => containerId === 0)
  return root?.hostId ?? null
}
