// Owns the cpuset controller of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst, "Cpuset"). Empty is inherited.

import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import type { Setting } from '../settings.ts'

const HINTS = {
  EINVAL: 'not a list such as 0-3,5, or not of this machine',
  ERANGE: 'this machine does not have them',
}

export const cpusetV2: Controller = {
  name: 'cpuset',

  planSettings({ cpuset }: CgroupConfig): readonly Setting[] {
    const settings: Setting[] = []
    if (cpuset?.cpus !== undefined) {
      settings.push({ file: 'cpuset.cpus', value: cpuset.cpus, field: 'cgroup.cpuset.cpus', hints: HINTS })
    }
    if (cpuset?.mems !== undefined) {
      settings.push({ file: 'cpuset.mems', value: cpuset.mems, field: 'cgroup.cpuset.mems', hints: HINTS })
    }
    return settings
  },
}
