// Owns changing the limits of a running container: in the kernel and in the state, or in neither.

import type { CgroupConfig, CgroupLimits } from '../config/cgroup.ts'
import type { IntelRdtSchemas } from '../config/intel-rdt.ts'
import { mergeLimits } from '../config/merge-limits.ts'
import { limitsAt } from '../config/validate/nouns/normalize-cgroup.ts'
import { intelRdtSchemasAt } from '../config/validate/nouns/normalize-intel-rdt.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { objectAt } from '../config/validate/values/object-at.ts'
import { type Instance, lockInstance, requireCgroup, requireRunning } from './instance.ts'
import { setSchemata } from './intel-rdt.ts'

/** Limits of its cgroup, and schemata of a container that was made with `intelRdt`. */
export interface LimitChanges extends CgroupLimits {
  readonly intelRdt?: IntelRdtSchemas
}

/**
 * Changes the limits that are given and leaves the others. When one cannot be set, those that were are set back.
 * @throws ContainerNotRunning, ContainerNotExists, ConfigInvalid, SystemError with the field
 */
export async function setLimits(instance: Instance, changes: LimitChanges): Promise<void> {
  const { intelRdt, ...limits } = objectAt<LimitChanges>(changes, 'cgroup')
  const given = limitsAt(limits, 'cgroup')
  const schemas = intelRdt === undefined ? undefined : intelRdtSchemasAt(intelRdt, 'intelRdt')
  const onlySchemas = schemas !== undefined && Object.keys(given).length === 0
  const cgroup = onlySchemas ? null : requireCgroup(instance, 'change the limits of')
  const unlock = await lockInstance(instance, 'exclusive', 'change the limits of')
  try {
    requireRunning(instance, 'change the limits of')
    // Another program may have changed them since.
    const { head, config } = instance.directory.read() ?? { head: instance.state, config: instance.config }
    const before = config.cgroup as CgroupConfig
    const changed = validateConfig({
      ...config,
      ...(cgroup && { cgroup: mergeLimits(before, given) }),
      ...(schemas && { intelRdt: { ...config.intelRdt, ...schemas } }),
    })
    const takeBack: (() => void)[] = []
    try {
      if (schemas !== undefined) takeBack.push(setSchemata(instance, schemas))
      const after = changed.cgroup as CgroupConfig
      if (cgroup !== null) takeBack.push(cgroup.set({ before, after, given }))
      await cgroup?.tell?.(after)
      instance.directory.write(head, changed)
    } catch (error) {
      for (const undo of takeBack.reverse()) undo()
      throw error
    }
    instance.state = head
  } finally {
    unlock()
  }
}
