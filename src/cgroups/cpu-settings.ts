// Owns the limits of the cpu controller that are the same in both versions of cgroups: idle and burst
// (Documentation/scheduler/sched-bwc.rst, "CFS Bandwidth Control"). Pure.

import type { CpuLimits } from '../config/cgroup.ts'
import type { Setting } from './settings.ts'

/**
 * An idle cgroup has neither shares nor a weight: the kernel refuses to set them, and forgets them when it becomes
 * idle. So this comes first, and whoever plans shares leaves them out for an idle one.
 */
export function planIdle({ idle }: CpuLimits): readonly Setting[] {
  if (idle === undefined) return []
  const hints = { ENOENT: 'the kernel is older than Linux 5.15' }
  const value = idle ? '1' : '0'
  return [{ file: 'cpu.idle', value, field: 'cgroup.cpu.idle', isImplied: !idle, hints }]
}

/** After the quota, which it must not exceed. */
export function planBurst({ burstMicros }: CpuLimits, file: string): readonly Setting[] {
  if (burstMicros === undefined) return []
  const hints = {
    EINVAL: 'it is more than the quota',
    ENOENT: 'the kernel is older than Linux 5.14',
  }
  const value = String(burstMicros)
  return [{ file, value, field: 'cgroup.cpu.burstMicros', isImplied: burstMicros === 0, hints }]
}
