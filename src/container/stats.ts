// Owns reading the figures of a container.

import { type CgroupStats, STATS_NAMES, type StatsName } from '../cgroups/cgroup-stats.ts'
import { listAt } from '../config/validate/values/list-at.ts'
import { recordAt, type Shape } from '../config/validate/values/record-at.ts'
import { nameOf } from '../config/validate/values/scalar-at.ts'
import { type Instance, requireCgroup } from './instance.ts'

export interface StatsOptions {
  /** Which figures: the fewer, the faster. @default all that the machine has */
  readonly controllers?: readonly StatsName[]
}

const nameAt = nameOf<StatsName>(STATS_NAMES, 'the name of a controller')

export function controllersAt(value: unknown, at: string): readonly StatsName[] {
  return listAt(value, at, nameAt)
}

const SHAPE: Shape<StatsOptions> = {
  what: 'a choice of statistics',
  readers: { controllers: controllersAt },
  required: [],
}

/** @throws ConfigInvalid without a cgroup, or for an unknown name or key; SystemError, also when the cgroup is gone */
export function readContainerStats(instance: Instance, options: StatsOptions): CgroupStats {
  const cgroup = requireCgroup(instance, 'read the statistics of')
  return cgroup.readStats(recordAt(options, '', SHAPE).controllers)
}
