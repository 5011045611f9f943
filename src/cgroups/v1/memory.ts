// Owns the memory controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/memory.rst).

import type { CgroupConfig, MemoryLimits } from '../../config/cgroup.ts'
import { checkUsage } from '../check-usage.ts'
import type { Controller } from '../controller.ts'
import { wordOf } from '../previous-value.ts'
import { readCounter } from '../read-counters.ts'
import { refuseLimit, type Setting } from '../settings.ts'

const NO_SWAP_ACCOUNTING = 'the kernel does not count swap: boot it with swapaccount=1'

/** The kernel's "no limit" is the largest number of pages, in bytes; pages are up to 64 KiB. */
export const UNLIMITED = 0x7fff_ffff_ffff_0000n

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
      const restore = wordOf('oom_kill_disable')
      settings.push({ file: 'memory.oom_control', value: memory.oomKillDisable ? '1' : '0', field, restore })
    }
    settings.push(...planKernelMemory(memory))
    return settings
  },

  check(kernel, directory, { memory }) {
    checkUsage(kernel, `${directory}/memory.usage_in_bytes`, memory)
  },

  // Linux 5.16 and newer take the write, and do nothing.
  confirm(kernel, { directory }, { memory }) {
    const asked = memory?.kernelBytes
    if (asked === undefined || asked === -1n) return
    if (readCounter(kernel, `${directory}/memory.kmem.limit_in_bytes`) < UNLIMITED) return
    const reason = 'this kernel has no limit of its own memory'
    throw refuseLimit(KERNEL_FIELD, reason, 'leave it out: limitBytes counts that memory too')
  },
}

const KERNEL_FIELD = 'cgroup.memory.kernelBytes'

function planKernelMemory({ kernelBytes, kernelTcpBytes }: MemoryLimits): readonly Setting[] {
  const settings: Setting[] = []
  if (kernelBytes !== undefined) {
    const value = String(kernelBytes)
    settings.push({ file: 'memory.kmem.limit_in_bytes', value, field: KERNEL_FIELD })
  }
  if (kernelTcpBytes !== undefined) {
    const field = 'cgroup.memory.kernelTcpBytes'
    settings.push({ file: 'memory.kmem.tcp.limit_in_bytes', value: String(kernelTcpBytes), field })
  }
  return settings
}
