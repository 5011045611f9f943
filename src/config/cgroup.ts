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
  /**
   * Memory of the kernel's own, v1 only: `memory.kmem.limit_in_bytes`. Linux 5.16 and newer have no such limit: there
   * any but -1n is refused, as `limitBytes` counts this memory too.
   */
  readonly kernelBytes?: bigint
  /** Buffers of TCP, v1 only: `memory.kmem.tcp.limit_in_bytes`. */
  readonly kernelTcpBytes?: bigint
  /** Refuses a `limitBytes` below what is in use, in place of killing, when limits are changed. @default false */
  readonly checkBeforeUpdate?: boolean
}

export interface CpuLimits {
  /** 2 to 262144; `cpu.shares`, converted to `cpu.weight` (1 to 10000) on v2. */
  readonly shares?: number
  /** Microseconds of CPU time per period, -1 for no limit; `cpu.cfs_quota_us`, `cpu.max`. */
  readonly quotaMicros?: number
  /** 1000 to 1000000 microseconds; `cpu.cfs_period_us`, `cpu.max`. @default 100000 */
  readonly periodMicros?: number
  /** Unused quota that may be saved up for a burst; `cpu.cfs_burst_us`, `cpu.max.burst`; Linux 5.14. */
  readonly burstMicros?: number
  /** Runs only when nothing else wants to, whatever the shares; `cpu.idle`; Linux 5.15. */
  readonly idle?: boolean
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

/** Limits of one block device. Rates are what it may do in a second, -1 (or -1n) for no limit. */
export interface BlkioDeviceLimits {
  readonly major: number
  readonly minor: number
  /** 10 to 1000; `blkio.bfq.weight_device`; `io.bfq.weight`, or else `io.weight`. */
  readonly weight?: number
  /** 10 to 1000, v1 only, of the CFQ scheduler that left Linux in 5.0: `blkio.leaf_weight_device`. */
  readonly leafWeight?: number
  /** `blkio.throttle.read_bps_device`; `rbps` of `io.max`. */
  readonly readBytesPerSecond?: bigint
  /** `blkio.throttle.write_bps_device`; `wbps` of `io.max`. */
  readonly writeBytesPerSecond?: bigint
  /** `blkio.throttle.read_iops_device`; `riops` of `io.max`. */
  readonly readOperationsPerSecond?: number
  /** `blkio.throttle.write_iops_device`; `wiops` of `io.max`. */
  readonly writeOperationsPerSecond?: number
}

export interface BlkioLimits {
  /**
   * 10 to 1000, against that of other cgroups; `blkio.bfq.weight` (needs the BFQ scheduler); `io.bfq.weight`, or else
   * `io.weight`, there converted to 1 to 10000.
   */
  readonly weight?: number
  /** 10 to 1000, v1 only, of the CFQ scheduler that left Linux in 5.0: `blkio.leaf_weight`. */
  readonly leafWeight?: number
  /** Each device once. */
  readonly devices?: readonly BlkioDeviceLimits[]
}

/** Limits of huge pages of one size; -1n for none. */
export interface HugetlbLimits {
  /** As the kernel names it: `2MB`, `1GB`. */
  readonly pageSize: string
  /** Pages in use; `hugetlb.SIZE.limit_in_bytes`, `hugetlb.SIZE.max`. */
  readonly limitBytes?: bigint
  /** Pages reserved, used or not; `hugetlb.SIZE.rsvd.limit_in_bytes`, `hugetlb.SIZE.rsvd.max`; Linux 5.7. */
  readonly reservedBytes?: bigint
}

/** v1 only. */
export interface NetClsLimits {
  /** The class of its packets, 32 bits, major and minor number; `net_cls.classid`. */
  readonly classId: number
}

/** v1 only. */
export interface NetPrioLimits {
  /** The priority of its packets by network interface of the host; `net_prio.ifpriomap`. */
  readonly priorities: Readonly<Record<string, number>>
}

/** Objects of one RDMA device; -1 for no limit; `rdma.max`. */
export interface RdmaLimits {
  /** `mlx5_1`. */
  readonly device: string
  readonly hcaHandles?: number
  readonly hcaObjects?: number
}

/** Limits of a cgroup. A controller that the machine does not have is refused where a limit needs it. */
export interface CgroupLimits {
  readonly memory?: MemoryLimits
  readonly cpu?: CpuLimits
  readonly cpuset?: CpusetLimits
  readonly pids?: PidsLimits
  readonly blkio?: BlkioLimits
  /** Each page size once. */
  readonly hugetlb?: readonly HugetlbLimits[]
  readonly netCls?: NetClsLimits
  readonly netPrio?: NetPrioLimits
  /** Each device once. */
  readonly rdma?: readonly RdmaLimits[]
  /** Scalar resources of the machine by name (`sev`), -1n for no limit; `misc.max`; v2, and v1 since Linux 5.13. */
  readonly misc?: Readonly<Record<string, bigint>>
  /** @default DEFAULT_DEVICE_RULES */
  readonly devices?: readonly DeviceRule[]
  /**
   * v2 only: files of the cgroup and what is written into them as it is, after all other limits, one write a line.
   * Files that would move processes or stop them (`cgroup.procs`, `cgroup.freeze`) are refused.
   */
  readonly unified?: Readonly<Record<string, string>>
}

export interface CgroupConfig extends CgroupLimits {
  /**
   * Where the cgroup is. Absolute: from the root of each hierarchy. Relative: below the caller's own cgroup (v1), or
   * beside it (v2, where a cgroup with processes cannot hand out controllers).
   */
  readonly path: string
}
