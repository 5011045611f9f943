// Owns the check that a new limit of memory is not below what is in use, which the caller asked for: a kernel that
// cannot take the rest away kills.

import type { MemoryLimits } from '../config/cgroup.ts'
import type { Kernel } from '../system/kernel.ts'
import { readCounter } from './read-counters.ts'
import { refuseLimit } from './settings.ts'

/**
 * The first words of a refusal are runc's: they are how callers know it.
 * @throws LibcontainerError ConfigInvalid
 */
export function checkUsage(kernel: Kernel, file: string, memory: MemoryLimits | undefined): void {
  if (memory?.checkBeforeUpdate !== true) return
  const { limitBytes = -1n, swapBytes = -1n } = memory
  if (limitBytes === -1n && swapBytes === -1n) return
  const usage = readCounter(kernel, file)
  const check = (name: string, what: string, limit: bigint): void => {
    if (limit !== -1n && limit <= usage)
      throw refuseLimit(
        `cgroup.memory.${name}`,
        `rejecting ${what} limit ${limit}: ${usage} bytes are in use`,
      )
  }
  check('swapBytes', 'memory+swap', swapBytes)
  check('limitBytes', 'memory', limitBytes)
}
