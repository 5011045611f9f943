// Owns reading the figures of cgroup v1. Of each controller only the files that are needed are opened: a monitoring
// agent asks this of a thousand containers.

import { readText, readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { parseBlkioEntries } from '../blkio-entries.ts'
import type { BlkioStats, CpuStats, HugetlbStats, MemoryStats, UsageStats } from '../cgroup-stats.ts'
import {
  parseCounter,
  parseKeyedCounters,
  present,
  readCounter,
  readCounterIfExists,
  readKeyedCounters,
} from '../read-counters.ts'
import { readCpusetV1 } from '../read-cpuset-stats.ts'
import { readPressure } from '../read-pressure.ts'
import { readMiscStats, readPageSizes, readPidsStats, readRdmaStats } from '../read-shared-stats.ts'
import type { StatsReaders } from '../stats-readers.ts'
import { UNLIMITED } from './memory.ts'

export const STATS_V1: StatsReaders = {
  cpu: { controller: 'cpuacct', read: readCpu },
  cpuset: { controller: 'cpuset', read: readCpusetV1 },
  memory: { controller: 'memory', read: readMemory },
  pids: { controller: 'pids', read: readPidsStats },
  blkio: { controller: 'blkio', read: readBlkio },
  hugetlb: { controller: 'hugetlb', read: readHugetlb },
  rdma: { controller: 'rdma', read: readRdmaStats },
  misc: { controller: 'misc', read: readMiscStats },
}

type Paths = Readonly<Record<string, string>>

function readCpu(kernel: Kernel, directory: string, { cpu, unified }: Paths): CpuStats {
  const file = `${directory}/cpuacct.usage_percpu`
  const totals = readText(kernel, file)
    .trim()
    .split(' ')
    .map((word) => parseCounter(word, file))
  // A line of headings, then one for each CPU: its number, user and kernel time.
  const all = `${directory}/cpuacct.usage_all`
  const lines = readText(kernel, all).trim().split('\n').slice(1)
  const perCpu = lines.map((line, index) => {
    const [, user, system] = line.split(' ')
    return {
      totalNanos: totals[index] ?? 0n,
      userNanos: parseCounter(user ?? '', all),
      kernelNanos: parseCounter(system ?? '', all),
    }
  })
  const sum = (key: 'totalNanos' | 'userNanos' | 'kernelNanos') =>
    perCpu.reduce((total, figures) => total + figures[key], 0n)
  return present({
    totalNanos: sum('totalNanos'),
    userNanos: sum('userNanos'),
    kernelNanos: sum('kernelNanos'),
    perCpu,
    ...(cpu === undefined ? {} : readThrottling(kernel, cpu)),
    pressure: readPressure(kernel, unified, 'cpu'),
  })
}

function readThrottling(kernel: Kernel, directory: string): Pick<CpuStats, 'throttling' | 'bursts'> {
  const stat = readKeyedCounters(kernel, `${directory}/cpu.stat`)
  const { nr_periods, nr_throttled, throttled_time, nr_bursts, burst_time } = stat
  return {
    ...(nr_periods !== undefined && {
      throttling: {
        periods: nr_periods,
        throttledPeriods: nr_throttled ?? 0n,
        throttledNanos: throttled_time ?? 0n,
      },
    }),
    ...(nr_bursts !== undefined && { bursts: { periods: nr_bursts, burstNanos: burst_time ?? 0n } }),
  }
}

function readMemory(kernel: Kernel, directory: string, { unified }: Paths): MemoryStats {
  const raw = readKeyedCounters(kernel, `${directory}/memory.stat`)
  const oom = parseKeyedCounters(readTextIfExists(kernel, `${directory}/memory.oom_control`) ?? '')
  const withSwap = readUsageIfExists(kernel, `${directory}/memory.memsw`)
  return present({
    ...readUsage(kernel, `${directory}/memory`),
    cacheBytes: raw.total_cache ?? raw.cache ?? 0n,
    swapBytes: withSwap === null ? null : (raw.total_swap ?? raw.swap),
    withSwap,
    kernel: readUsageIfExists(kernel, `${directory}/memory.kmem`),
    kernelTcp: readUsageIfExists(kernel, `${directory}/memory.kmem.tcp`),
    oomKills: oom.oom_kill,
    pressure: readPressure(kernel, unified, 'memory'),
    raw,
  })
}

function readUsageIfExists(kernel: Kernel, prefix: string): UsageStats | null {
  const usage = readCounterIfExists(kernel, `${prefix}.usage_in_bytes`)
  return usage === null ? null : readUsage(kernel, prefix, usage)
}

function readUsage(kernel: Kernel, prefix: string, usage?: bigint): UsageStats {
  const limit = readCounter(kernel, `${prefix}.limit_in_bytes`)
  return present({
    usageBytes: usage ?? readCounter(kernel, `${prefix}.usage_in_bytes`),
    maxUsageBytes: readCounter(kernel, `${prefix}.max_usage_in_bytes`),
    failcnt: readCounter(kernel, `${prefix}.failcnt`),
    limitBytes: limit >= UNLIMITED ? null : limit,
  })
}

/** Figure by file, of which there are two sets: those of the BFQ scheduler, and those of throttling. */
const BLKIO_FILES = {
  queued: 'io_queued',
  serviceTimeNanos: 'io_service_time',
  waitTimeNanos: 'io_wait_time',
  merged: 'io_merged',
  timeMillis: 'time',
  sectors: 'sectors',
} as const

function readBlkio(kernel: Kernel, directory: string, { unified }: Paths): BlkioStats {
  const read = (name: string) => {
    const file = `${directory}/blkio.${name}_recursive`
    const text = readTextIfExists(kernel, file)
    return text === null ? null : parseBlkioEntries(text, file)
  }
  const pressure = readPressure(kernel, unified, 'io')
  const bfq = read('bfq.io_serviced')
  // A device that BFQ does not schedule is in the other set only.
  if (bfq === null || bfq.length === 0) {
    const [serviceBytes, serviced] = [read('throttle.io_service_bytes'), read('throttle.io_serviced')]
    return present({ serviceBytes, serviced, pressure })
  }
  const others = Object.entries(BLKIO_FILES).map(([key, name]) => [key, read(`bfq.${name}`)] as const)
  const serviceBytes = read('bfq.io_service_bytes')
  return present({ serviceBytes, serviced: bfq, ...Object.fromEntries(others), pressure })
}

function readHugetlb(kernel: Kernel, directory: string): Readonly<Record<string, HugetlbStats>> {
  const sizes = readPageSizes(kernel).map((size): [string, HugetlbStats] => {
    const prefix = `${directory}/hugetlb.${size}`
    const reserved = readUsageIfExists(kernel, `${prefix}.rsvd`)
    return [size, { ...readUsage(kernel, prefix), ...(reserved === null ? {} : { reserved }) }]
  })
  return Object.fromEntries(sizes)
}
