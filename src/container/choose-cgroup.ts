// Owns which manager a container's cgroup has: by the configuration, and by who makes cgroups for this factory.

import { createCgroupManager } from '../cgroups/create-manager.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Host } from './host.ts'

/** null: it stays in the cgroups of its maker. @throws ConfigInvalid for a path that is none; SystemError */
export function chooseCgroup(host: Host, id: string, { cgroup }: ValidConfig): CgroupManager | null {
  const { cgroupManager } = host.options
  if (cgroup === undefined || cgroupManager === 'none') return null
  const systemd = cgroupManager === 'systemd' ? id : null
  return createCgroupManager(host.kernel, host.hierarchies, cgroup, { systemd })
}
