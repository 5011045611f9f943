// Owns the check that a new limit of memory is not below what is in use, which the caller asked for: a kernel that
// cannot take the rest away kills.

import type { MemoryLimits } from '../config/cgroup.ts'
import type { Kernel } from '../system/kernel.ts'
import { readCounter } from './read-counters.ts'
import { refuseLimit } from './settings.ts'

/** @throws LibcontainerError ConfigInvalid */
export function checkUsage(kernel: Kernel, file: string, memory: MemoryLimits | undefined): void {
  const limit = memory?.limitBytes
  if (memory?.checkBeforeUpdate !== true || limit === undefined || limit === -1n) return
  const usage = readCounter(kernel, file)
  if (usage <= limit) return
  throw refuseLimit('cgroup.memory.limitBytes', `${usage} bytes are in use, more than ${limit}`)
}
