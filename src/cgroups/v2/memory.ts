// Owns the memory controller of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst, "Memory").

import type { CgroupConfig, MemoryLimits } from '../../config/cgroup.ts'
import { checkUsage } from '../check-usage.ts'
import type { Controller } from '../controller.ts'
import { refuseLimit, type Setting } from '../settings.ts'

const SWAP_FIELD = 'cgroup.memory.swapBytes'

export const memoryV2: Controller = {
  name: 'memory',

  planSettings({ memory }: CgroupConfig): readonly Setting[] {
    if (memory === undefined) return []
    refuseV1Only(memory)
    const settings: Setting[] = []
    if (memory.limitBytes !== undefined) {
      settings.push({
        file: 'memory.max',
        value: encodeBytes(memory.limitBytes),
        field: 'cgroup.memory.limitBytes',
      })
    }
    if (memory.swapBytes !== undefined) {
      const value = encodeBytes(swapOnly(memory.swapBytes, memory.limitBytes))
      settings.push({
        file: 'memory.swap.max',
        value,
        field: SWAP_FIELD,
        isImplied: value === 'max' || value === '0',
        hints: { ENOENT: 'the kernel does not count swap: boot it with swapaccount=1' },
      })
    }
    if (memory.reservationBytes !== undefined) {
      const field = 'cgroup.memory.reservationBytes'
      settings.push({ file: 'memory.low', value: encodeBytes(memory.reservationBytes), field })
    }
    return settings
  },

  check(kernel, directory, { memory }) {
    checkUsage(kernel, `${directory}/memory.current`, memory)
  },
}

function refuseV1Only(memory: MemoryLimits): void {
  const onlyV1 = 'cgroup v2 has no such limit'
  if (memory.swappiness !== undefined) throw refuseLimit('cgroup.memory.swappiness', onlyV1)
  for (const key of ['kernelBytes', 'kernelTcpBytes'] as const) {
    const limit = memory[key]
    if (limit !== undefined && limit !== -1n)
      throw refuseLimit(`cgroup.memory.${key}`, onlyV1, 'leave it out: limitBytes counts that memory too')
  }
  // false is what v2 does.
  if (memory.oomKillDisable === true) throw refuseLimit('cgroup.memory.oomKillDisable', onlyV1)
}

// v2 limits swap alone, the configuration memory and swap together.
function swapOnly(swapBytes: bigint, limitBytes: bigint | undefined): bigint {
  if (swapBytes === -1n) return -1n
  if (limitBytes === undefined || limitBytes === -1n) {
    throw refuseLimit(
      SWAP_FIELD,
      'memory and swap together cannot be limited without a limit of memory',
      'set limitBytes',
    )
  }
  if (swapBytes < limitBytes)
    throw refuseLimit(SWAP_FIELD, `${swapBytes} is less than limitBytes (${limitBytes})`)
  return swapBytes - limitBytes
}

function encodeBytes(bytes: bigint): string {
  return bytes === -1n ? 'max' : String(bytes)
}
