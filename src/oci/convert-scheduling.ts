// Owns how the scheduling of config.json becomes ours: where the specification has 0 or an empty text for unset, we
// have nothing.

import type { CpuAffinity, MemoryPolicy, Scheduler } from '../config/scheduling.ts'
import type { SpecScheduler } from './runtime-spec.ts'

export function convertScheduler(scheduler: SpecScheduler): Scheduler {
  const { policy, nice, priority, flags, runtime, deadline, period } = scheduler
  return {
    policy,
    // Bundles have it beside any policy, and the kernel heeds it for these (sched_setattr(2)).
    ...(nice && (policy === 'OTHER' || policy === 'BATCH') && { nice }),
    ...(priority && { priority }),
    ...(flags && { flags }),
    ...(runtime && { runtimeNanos: BigInt(runtime) }),
    ...(deadline && { deadlineNanos: BigInt(deadline) }),
    ...(period && { periodNanos: BigInt(period) }),
  }
}

export function convertCpuAffinity({ initial, final }: CpuAffinity): CpuAffinity {
  return { ...(initial && { initial }), ...(final && { final }) }
}

export function convertMemoryPolicy({ mode, nodes, flags }: MemoryPolicy): MemoryPolicy {
  return { mode, ...(nodes && { nodes }), ...(flags && { flags }) }
}
