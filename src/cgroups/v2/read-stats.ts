// Owns reading the figures of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst). Of each controller only the files
// that are needed are opened: a monitoring agent asks this of a thousand containers.

import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { parseIoStat } from '../blkio-entries.ts'
import type { BlkioStats, CpuStats, HugetlbStats, MemoryStats, UsageStats } from '../cgroup-stats.ts'
import {
  present,
  readCounter,
  readCounterIfExists,
  readKeyedCounters,
  readLimitIfExists,
} from '../read-counters.ts'
import { readCpusetV2 } from '../read-cpuset-stats.ts'
import { readPressure } from '../read-pressure.ts'
import { readMiscStats, readPageSizes, readPidsStats, readRdmaStats } from '../read-shared-stats.ts'
import type { StatsReaders } from '../stats-readers.ts'

/** cpu.stat is there also without the controller. */
export const STATS_V2: StatsReaders = {
  cpu: { controller: '', read: readCpu },
  cpuset: { controller: 'cpuset', read: readCpusetV2 },
  memory: { controller: 'memory', read: readMemory },
  pids: { controller: 'pids', read: readPidsStats },
  blkio: { controller: 'io', read: readIo },
  hugetlb: { controller: 'hugetlb', read: readHugetlb },
  rdma: { controller: 'rdma', read: readRdmaStats },
  misc: { controller: 'misc', read: readMiscStats },
}

const NANOS_PER_MICRO = 1000n
const inNanos = (micros: bigint | undefined): bigint => (micros ?? 0n) * NANOS_PER_MICRO

function readCpu(kernel: Kernel, directory: string): CpuStats {
  const stat = readKeyedCounters(kernel, `${directory}/cpu.stat`)
  const { nr_periods, nr_throttled, nr_bursts } = stat
  return present({
    totalNanos: inNanos(stat.usage_usec),
    userNanos: inNanos(stat.user_usec),
    kernelNanos: inNanos(stat.system_usec),
    throttling:
      nr_periods === undefined
        ? null
        : {
            periods: nr_periods,
            throttledPeriods: nr_throttled ?? 0n,
            throttledNanos: inNanos(stat.throttled_usec),
          },
    bursts: nr_bursts === undefined ? null : { periods: nr_bursts, burstNanos: inNanos(stat.burst_usec) },
    pressure: readPressure(kernel, directory, 'cpu'),
  })
}

function readMemory(kernel: Kernel, directory: string): MemoryStats {
  const raw = readKeyedCounters(kernel, `${directory}/memory.stat`)
  const events = readKeyedCounters(kernel, `${directory}/memory.events`)
  const usageBytes = readCounter(kernel, `${directory}/memory.current`)
  const limitBytes = readLimitIfExists(kernel, `${directory}/memory.max`)
  const swapBytes = readCounterIfExists(kernel, `${directory}/memory.swap.current`)
  return present({
    usageBytes,
    // Since Linux 5.19.
    maxUsageBytes: readCounterIfExists(kernel, `${directory}/memory.peak`),
    limitBytes,
    failcnt: events.max,
    cacheBytes: raw.file ?? 0n,
    swapBytes,
    withSwap: swapBytes === null ? null : readWithSwap(kernel, directory, usageBytes, limitBytes, swapBytes),
    kernel: raw.kernel === undefined ? null : { usageBytes: raw.kernel },
    kernelTcp: raw.sock === undefined ? null : { usageBytes: raw.sock },
    oomKills: events.oom_kill,
    pressure: readPressure(kernel, directory, 'memory'),
    raw,
  })
}

// v2 counts and limits them apart; together they are what v1 and the configuration have.
function readWithSwap(
  kernel: Kernel,
  directory: string,
  usageBytes: bigint,
  limitBytes: bigint | null,
  swapBytes: bigint,
): UsageStats {
  const swapLimit = readLimitIfExists(kernel, `${directory}/memory.swap.max`)
  return present({
    usageBytes: usageBytes + swapBytes,
    limitBytes: swapLimit === null || limitBytes === null ? null : limitBytes + swapLimit,
    failcnt: readKeyedCounters(kernel, `${directory}/memory.swap.events`).max,
  })
}

function readIo(kernel: Kernel, directory: string): BlkioStats {
  const stats = parseIoStat(readTextIfExists(kernel, `${directory}/io.stat`) ?? '')
  return present({ ...stats, pressure: readPressure(kernel, directory, 'io') })
}

function readHugetlb(kernel: Kernel, directory: string): Readonly<Record<string, HugetlbStats>> {
  const sizes = readPageSizes(kernel).map((size): [string, HugetlbStats] => {
    const prefix = `${directory}/hugetlb.${size}`
    const reservedBytes = readCounterIfExists(kernel, `${prefix}.rsvd.current`)
    const reserved: UsageStats | null =
      reservedBytes === null
        ? null
        : present({
            usageBytes: reservedBytes,
            limitBytes: readLimitIfExists(kernel, `${prefix}.rsvd.max`),
          })
    return [
      size,
      present({
        usageBytes: readCounter(kernel, `${prefix}.current`),
        limitBytes: readLimitIfExists(kernel, `${prefix}.max`),
        failcnt: readKeyedCounters(kernel, `${prefix}.events`).max,
        reserved,
      }),
    ]
  })
  return Object.fromEntries(sizes)
}
