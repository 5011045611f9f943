// Owns changing the limits of a running container: in the kernel and in the state, or in neither.

import type { CgroupConfig, CgroupLimits } from '../config/cgroup.ts'
import { mergeLimits } from '../config/merge-limits.ts'
import { limitsAt } from '../config/validate/nouns/normalize-cgroup.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { type Instance, lockInstance, requireCgroup, requireRunning } from './instance.ts'

/**
 * Changes the limits that are given and leaves the others. When one cannot be set, those that were are set back.
 * @throws ContainerNotRunning, ContainerNotExists, ConfigInvalid, SystemError with the field
 */
export async function setLimits(instance: Instance, limits: CgroupLimits): Promise<void> {
  const given = limitsAt(limits, 'cgroup')
  const cgroup = requireCgroup(instance, 'change the limits of')
  const unlock = await lockInstance(instance, 'exclusive', 'change the limits of')
  try {
    requireRunning(instance, 'change the limits of')
    // Another program may have changed them since.
    const { head, config } = instance.directory.read() ?? { head: instance.state, config: instance.config }
    const before = config.cgroup as CgroupConfig
    const changed = validateConfig({ ...config, cgroup: mergeLimits(before, given) })
    const takeBack = cgroup.set({ before, after: changed.cgroup as CgroupConfig, given })
    try {
      await cgroup.tell?.(changed.cgroup as CgroupConfig)
      instance.directory.write(head, changed)
    } catch (error) {
      takeBack()
      throw error
    }
    instance.state = head
  } finally {
    unlock()
  }
}
