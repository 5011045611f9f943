// Owns what all limits of a configuration are on cgroup v2: the writes of every controller, in their order. Pure.

import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { hugetlbV2 } from '../hugetlb.ts'
import { miscController } from '../misc-limits.ts'
import { pidsController } from '../pids.ts'
import { rdmaController } from '../rdma.ts'
import type { Setting } from '../settings.ts'
import { cpuV2 } from './cpu.ts'
import { cpusetV2 } from './cpuset.ts'
import { ioV2 } from './io.ts'
import { memoryV2 } from './memory.ts'
import { planUnified, refuseNetworkLimits } from './unified.ts'

/** In the order of writing. */
export const CONTROLLERS_V2: readonly Controller[] = [
  ...[cpusetV2, memoryV2, cpuV2, pidsController],
  ...[ioV2, hugetlbV2, rdmaController, miscController],
]

/** What the caller writes as it is comes last: it has the last word. @throws LibcontainerError ConfigInvalid */
export function planSettings(config: CgroupConfig): readonly Setting[] {
  refuseNetworkLimits(config)
  return [...CONTROLLERS_V2.flatMap((controller) => controller.planSettings(config)), ...planUnified(config)]
}
