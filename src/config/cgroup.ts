// Owns the types of a container's cgroup and its limits. Types only. Absent means: leave as the kernel has it.

import type { DeviceRule } from './device.ts'

/** A limit of memory, or -1n for none. */
export interface MemoryLimits {
  /** `memory.limit_in_bytes`, `memory.max`; bytes, -1n for none. */
  readonly limitBytes?: bigint
  /** Memory and swap together; `memory.memsw.limit_in_bytes`; `memory.swap.max` less the limit. -1n for none. */
  readonly swapBytes?: bigint
  /** `memory.soft_limit_in_bytes`, `memory.low`. */
  readonly reservationBytes?: bigint
  /** 0 to 100, v1 only: `memory.swappiness`. */
  readonly swappiness?: number
  /** v1 only: `memory.oom_control`. */
  readonly oomKillDisable?: boolean
}

export interface CpuLimits {
  /** 2 to 262144; `cpu.shares`, converted to `cpu.weight` (1 to 10000) on v2. */
  readonly shares?: number
  /** Microseconds of CPU time per period, -1 for no limit; `cpu.cfs_quota_us`, `cpu.max`. */
  readonly quotaMicros?: number
  /** 1000 to 1000000 microseconds; `cpu.cfs_period_us`, `cpu.max`. @default 100000 */
  readonly periodMicros?: number
  /** Realtime, v1 only: `cpu.rt_runtime_us`. */
  readonly realtimeRuntimeMicros?: number
  /** Realtime, v1 only: `cpu.rt_period_us`. */
  readonly realtimePeriodMicros?: number
}

export interface CpusetLimits {
  /** A list such as `0-3,5`; `cpuset.cpus`. */
  readonly cpus?: string
  /** Memory nodes, a list such as `0`; `cpuset.mems`. */
  readonly mems?: string
}

export interface PidsLimits {
  /** Most processes and threads, -1 for no limit; `pids.max`. */
  readonly limit: number
}

export interface CgroupConfig {
  /**
   * Where the cgroup is. Absolute: from the root of each hierarchy. Relative: below the caller's own cgroup (v1), or
   * beside it (v2, where a cgroup with processes cannot hand out controllers).
   */
  readonly path: string
  readonly memory?: MemoryLimits
  readonly cpu?: CpuLimits
  readonly cpuset?: CpusetLimits
  readonly pids?: PidsLimits
  /** @default DEFAULT_DEVICE_RULES */
  readonly devices?: readonly DeviceRule[]
}
