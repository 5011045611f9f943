// Owns the data of a stats event, in the names and the shape that callers of runc know (oci-runtimes-2026.md 1.7.4). A
// figure that is 0 or absent is left out where runc leaves it out. Pure.

import type {
  BlkioEntry,
  BlkioStats,
  CgroupStats,
  CpuStats,
  CpusetStats,
  HugetlbStats,
  MemoryStats,
  NetworkStats,
  Pressure,
  PressureShare,
  UsageStats,
} from '../core.ts'

type Figures = Readonly<Record<string, unknown>>

/** What v1 and v2 say where there is no limit: the greatest number of pages, and that of 64 bits. */
const NO_LIMIT = { 1: 0x7fff_ffff_ffff_f000n, 2: 0xffff_ffff_ffff_ffffn } as const

export function eventData(stats: CgroupStats, network: readonly NetworkStats[], version: 1 | 2): Figures {
  const { cpu, cpuset, memory, pids, blkio, hugetlb = {} } = stats
  return {
    cpu: cpu ? cpuFigures(cpu) : { usage: { kernel: 0n, user: 0n }, throttling: {} },
    cpuset: cpusetFigures(cpuset),
    memory: memoryFigures(memory, NO_LIMIT[version]),
    pids: shown({ current: pids?.current, limit: pids?.limit }),
    blkio: blkio ? blkioFigures(blkio) : {},
    hugetlb: Object.fromEntries(Object.entries(hugetlb).map(([size, usage]) => [size, pagesOf(usage)])),
    network_interfaces: network.length === 0 ? null : network.map(interfaceFigures),
  }
}

/** On v2 there are no such settings; runc has them all the same. */
function cpusetFigures(cpuset: CpusetStats | undefined): Figures {
  const none = Object.fromEntries(CPUSET_SETTINGS.map((name) => [name, 0]))
  return { ...shown({ cpus: cpuset?.cpus, mems: cpuset?.mems }), ...none, ...cpuset?.settings }
}

const CPUSET_SETTINGS = [
  ...['cpu_exclusive', 'mem_hardwall', 'mem_exclusive', 'memory_migrate', 'memory_spread_page'],
  ...['memory_spread_slab', 'memory_pressure', 'sched_load_balance', 'sched_relax_domain_level'],
] as const

/** Without what is 0, empty or absent. */
function shown(figures: Figures): Figures {
  const isThere = (value: unknown): boolean =>
    value !== undefined && value !== 0n && !(Array.isArray(value) && value.length === 0)
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => isThere(value)))
}

function cpuFigures({
  totalNanos,
  userNanos,
  kernelNanos,
  perCpu = [],
  throttling,
  pressure,
}: CpuStats): Figures {
  return {
    usage: {
      ...shown({
        total: totalNanos,
        percpu: perCpu.map((one) => one.totalNanos),
        percpu_kernel: perCpu.map((one) => one.kernelNanos),
        percpu_user: perCpu.map((one) => one.userNanos),
      }),
      kernel: kernelNanos,
      user: userNanos,
    },
    throttling: shown({
      periods: throttling?.periods,
      throttledPeriods: throttling?.throttledPeriods,
      throttledTime: throttling?.throttledNanos,
    }),
    ...pressureFigures(pressure),
  }
}

function memoryFigures(memory: MemoryStats | undefined, noLimit: bigint): Figures {
  const usage = (part: UsageStats | undefined): Figures =>
    part ? usageFigures(part, noLimit) : { limit: 0n, failcnt: 0n }
  return {
    ...shown({ cache: memory?.cacheBytes }),
    usage: usage(memory),
    swap: usage(memory?.withSwap),
    kernel: usage(memory?.kernel),
    kernelTCP: usage(memory?.kernelTcp),
    ...(memory && { raw: memory.raw }),
    ...pressureFigures(memory?.pressure),
  }
}

function usageFigures(
  { usageBytes, maxUsageBytes, limitBytes, failcnt }: UsageStats,
  noLimit: bigint,
): Figures {
  return {
    limit: limitBytes ?? noLimit,
    ...shown({ usage: usageBytes, max: maxUsageBytes }),
    failcnt: failcnt ?? 0n,
  }
}

function pagesOf({ usageBytes, maxUsageBytes, failcnt }: HugetlbStats): Figures {
  return { ...shown({ usage: usageBytes, max: maxUsageBytes }), failcnt: failcnt ?? 0n }
}

function blkioFigures(blkio: BlkioStats): Figures {
  return {
    ...shown({
      ioServiceBytesRecursive: entries(blkio.serviceBytes),
      ioServicedRecursive: entries(blkio.serviced),
      ioQueueRecursive: entries(blkio.queued),
      ioServiceTimeRecursive: entries(blkio.serviceTimeNanos),
      ioWaitTimeRecursive: entries(blkio.waitTimeNanos),
      ioMergedRecursive: entries(blkio.merged),
      ioTimeRecursive: entries(blkio.timeMillis),
      sectorsRecursive: entries(blkio.sectors),
    }),
    ...pressureFigures(blkio.pressure),
  }
}

const entries = (list: readonly BlkioEntry[] = []): readonly Figures[] =>
  list.map(({ major, minor, op, value }) => ({ major, minor, ...(op !== undefined && { op }), value }))

function pressureFigures(pressure: Pressure | undefined): Figures {
  if (pressure === undefined) return {}
  const share = ({ avg10, avg60, avg300, totalMicros }: PressureShare): Figures => ({
    avg10,
    avg60,
    avg300,
    total: totalMicros,
  })
  return { psi: { some: share(pressure.some), ...(pressure.full && { full: share(pressure.full) }) } }
}

function interfaceFigures(stats: NetworkStats): Figures {
  return {
    Name: stats.name,
    RxBytes: stats.rxBytes,
    RxPackets: stats.rxPackets,
    RxErrors: stats.rxErrors,
    RxDropped: stats.rxDropped,
    TxBytes: stats.txBytes,
    TxPackets: stats.txPackets,
    TxErrors: stats.txErrors,
    TxDropped: stats.txDropped,
  }
}
