// Owns the memory controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/memory.rst).

import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { readCounter, readKeyedCounters } from '../read-counters.ts'
import type { Setting } from '../settings.ts'

const NO_SWAP_ACCOUNTING = 'the kernel does not count swap: boot it with swapaccount=1'

/** The kernel's "no limit" is the largest number of pages, in bytes; pages are up to 64 KiB. */
const UNLIMITED = 0x7fff_ffff_ffff_0000n

export const memoryV1: Controller = {
  name: 'memory',

  planSettings({ memory }: CgroupConfig): readonly Setting[] {
    if (memory === undefined) return []
    const settings: Setting[] = []
    if (memory.limitBytes !== undefined) {
      const hints = {
        EBUSY: 'the processes in it use more than that, and it cannot be taken from them',
        EINVAL: 'the limit of memory and swap together (swapBytes) is lower',
      }
      settings.push({
        file: 'memory.limit_in_bytes',
        value: String(memory.limitBytes),
        field: 'cgroup.memory.limitBytes',
        hints,
      })
    }
    if (memory.swapBytes !== undefined) {
      settings.push({
        file: 'memory.memsw.limit_in_bytes',
        value: String(memory.swapBytes),
        field: 'cgroup.memory.swapBytes',
        isImplied: memory.swapBytes === -1n,
        hints: { ENOENT: NO_SWAP_ACCOUNTING, EINVAL: 'memory and swap together are at least limitBytes' },
      })
    }
    if (memory.reservationBytes !== undefined) {
      settings.push({
        file: 'memory.soft_limit_in_bytes',
        value: String(memory.reservationBytes),
        field: 'cgroup.memory.reservationBytes',
        hints: { ENOTSUP: 'a kernel with PREEMPT_RT has no soft limits' },
      })
    }
    if (memory.swappiness !== undefined) {
      const field = 'cgroup.memory.swappiness'
      settings.push({ file: 'memory.swappiness', value: String(memory.swappiness), field })
    }
    if (memory.oomKillDisable !== undefined) {
      const field = 'cgroup.memory.oomKillDisable'
      settings.push({ file: 'memory.oom_control', value: memory.oomKillDisable ? '1' : '0', field })
    }
    return settings
  },

  readStats(kernel, directory) {
    const limitBytes = readCounter(kernel, `${directory}/memory.limit_in_bytes`)
    return {
      memory: {
        usageBytes: readCounter(kernel, `${directory}/memory.usage_in_bytes`),
        maxUsageBytes: readCounter(kernel, `${directory}/memory.max_usage_in_bytes`),
        ...(limitBytes >= UNLIMITED ? {} : { limitBytes }),
        raw: readKeyedCounters(kernel, `${directory}/memory.stat`),
      },
    }
  },
}
