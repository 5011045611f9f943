// Owns the types of a cgroup's figures, the same for v1 and v2, and their names. 64-bit counters are bigint; what a kernel
// or a version of cgroups does not record is absent, never 0.

/** How long tasks waited for something (PSI; Documentation/accounting/psi.rst). */
export interface PressureShare {
  /** Percent of the last 10, 60 and 300 seconds. */
  readonly avg10: number
  readonly avg60: number
  readonly avg300: number
  readonly totalMicros: bigint
}

export interface Pressure {
  /** At least one task waited. */
  readonly some: PressureShare
  /** All of them did; absent for the CPU before Linux 5.13. */
  readonly full?: PressureShare
}

export interface CpuStats {
  /** CPU time used, nanoseconds. */
  readonly totalNanos: bigint
  readonly userNanos: bigint
  readonly kernelNanos: bigint
  /** By CPU; v1 only. */
  readonly perCpu?: readonly {
    readonly totalNanos: bigint
    readonly userNanos: bigint
    readonly kernelNanos: bigint
  }[]
  /** By the quota (`cpu.stat`). */
  readonly throttling?: {
    readonly periods: bigint
    readonly throttledPeriods: bigint
    readonly throttledNanos: bigint
  }
  /** Beyond the quota, by time saved up before; Linux 5.14. */
  readonly bursts?: {
    readonly periods: bigint
    readonly burstNanos: bigint
  }
  /** v2, and hybrid machines. */
  readonly pressure?: Pressure
}

/** Where the processes may be. */
export interface CpusetStats {
  readonly cpus: readonly number[]
  /** Memory nodes. */
  readonly mems: readonly number[]
  /** v1: what it is set to else, as the kernel names its files, without `cpuset.`. */
  readonly settings?: Readonly<Record<string, number>>
}

/** A counted resource that may have a limit. */
export interface UsageStats {
  readonly usageBytes: bigint
  /** Highest usage so far; absent where the kernel does not record it. */
  readonly maxUsageBytes?: bigint
  /** Absent when there is no limit. */
  readonly limitBytes?: bigint
  /** How often the limit was hit. */
  readonly failcnt?: bigint
}

export interface MemoryStats extends UsageStats {
  /** Page cache: `cache` of v1, `file` of v2. Part of `usageBytes`. */
  readonly cacheBytes: bigint
  /** In swap alone; absent where swap is not counted. */
  readonly swapBytes?: bigint
  /** Memory and swap together, as `swapBytes` of the limits; absent where swap is not counted. */
  readonly withSwap?: UsageStats
  /** Memory of the kernel's own. Part of `usageBytes`. */
  readonly kernel?: UsageStats
  /** Buffers of TCP. */
  readonly kernelTcp?: UsageStats
  /** Processes that the kernel killed for want of memory; Linux 4.13. */
  readonly oomKills?: bigint
  /** v2, and hybrid machines. */
  readonly pressure?: Pressure
  /** `memory.stat`, as the kernel names its keys. */
  readonly raw: Readonly<Record<string, bigint>>
}

/** A figure of one block device. */
export interface BlkioEntry {
  readonly major: number
  readonly minor: number
  /** `Read`, `Write`, `Sync`, `Async`, `Discard`, `Total`; absent where the kernel does not tell them apart. */
  readonly op?: string
  readonly value: bigint
}

/** Figures of block devices, of the cgroup and those below it. Absent: this kernel does not record it. */
export interface BlkioStats {
  readonly serviceBytes?: readonly BlkioEntry[]
  /** Operations. */
  readonly serviced?: readonly BlkioEntry[]
  /** v1, and kernels with CONFIG_BFQ_CGROUP_DEBUG only, as the five that follow. */
  readonly queued?: readonly BlkioEntry[]
  readonly serviceTimeNanos?: readonly BlkioEntry[]
  readonly waitTimeNanos?: readonly BlkioEntry[]
  readonly merged?: readonly BlkioEntry[]
  /** Time that the device was given to the cgroup. */
  readonly timeMillis?: readonly BlkioEntry[]
  readonly sectors?: readonly BlkioEntry[]
  /** v2, devices with a cost model of I/O: `cost.usage` and so on of `io.stat`, microseconds. */
  readonly costUsageMicros?: readonly BlkioEntry[]
  readonly costWaitMicros?: readonly BlkioEntry[]
  readonly costIndebtMicros?: readonly BlkioEntry[]
  readonly costIndelayMicros?: readonly BlkioEntry[]
  /** v2, and hybrid machines. */
  readonly pressure?: Pressure
}

export interface HugetlbStats extends UsageStats {
  /** Reserved, used or not; Linux 5.7. */
  readonly reserved?: UsageStats
}

export interface PidsStats {
  readonly current: bigint
  /** Absent when there is no limit. */
  readonly limit?: bigint
}

/** Objects of an RDMA device. */
export interface RdmaStats {
  readonly hcaHandles: bigint
  readonly hcaObjects: bigint
  /** Absent when there is no limit. */
  readonly hcaHandlesLimit?: bigint
  readonly hcaObjectsLimit?: bigint
}

export interface MiscStats {
  readonly usage: bigint
  /** Absent when there is no limit. */
  readonly limit?: bigint
  /** How often the limit was hit. */
  readonly failcnt?: bigint
}

/** Figures of a container's cgroup; a part is absent where the controller is. */
export interface CgroupStats {
  readonly cpu?: CpuStats
  readonly cpuset?: CpusetStats
  readonly memory?: MemoryStats
  readonly pids?: PidsStats
  readonly blkio?: BlkioStats
  /** By page size, as the kernel names it: `2MB`. */
  readonly hugetlb?: Readonly<Record<string, HugetlbStats>>
  /** By device. */
  readonly rdma?: Readonly<Record<string, RdmaStats>>
  /** By resource. */
  readonly misc?: Readonly<Record<string, MiscStats>>
}

/** What figures can be asked for. */
export const STATS_NAMES = ['cpu', 'cpuset', 'memory', 'pids', 'blkio', 'hugetlb', 'rdma', 'misc'] as const

export type StatsName = (typeof STATS_NAMES)[number]
