// Owns the figures of the controllers that are the same in both versions of cgroups, or nearly so: pids, rdma, misc,
// and the page sizes of hugetlb.

import { readDirectory, readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import type { MiscStats, PidsStats, RdmaStats } from './cgroup-stats.ts'
import { parseKeyedCounters, present, readCounter, readLimitIfExists } from './read-counters.ts'

export function readPidsStats(kernel: Kernel, directory: string): PidsStats {
  return present({
    current: readCounter(kernel, `${directory}/pids.current`),
    limit: readLimitIfExists(kernel, `${directory}/pids.max`),
  })
}

export function readRdmaStats(kernel: Kernel, directory: string): Readonly<Record<string, RdmaStats>> {
  const current = parseRdma(readTextIfExists(kernel, `${directory}/rdma.current`) ?? '')
  const limits = parseRdma(readTextIfExists(kernel, `${directory}/rdma.max`) ?? '')
  const devices = Object.entries(current).map(([device, { hca_handle, hca_object }]): [string, RdmaStats] => [
    device,
    present({
      hcaHandles: hca_handle ?? 0n,
      hcaObjects: hca_object ?? 0n,
      hcaHandlesLimit: limits[device]?.hca_handle,
      hcaObjectsLimit: limits[device]?.hca_object,
    }),
  ])
  return Object.fromEntries(devices)
}

/** Lines `DEVICE hca_handle=N hca_object=N`; what is `max` is left out. */
export function parseRdma(text: string): Readonly<Record<string, Readonly<Record<string, bigint>>>> {
  const devices: Record<string, Record<string, bigint>> = {}
  for (const line of text.split('\n')) {
    const [device, ...words] = line.split(' ')
    if (!device) continue
    const numbers = words.map((word) => word.split('=')).filter(([, value]) => /^\d+$/.test(value ?? ''))
    devices[device] = Object.fromEntries(numbers.map(([key, value]) => [key, BigInt(value ?? 0)]))
  }
  return devices
}

export function readMiscStats(kernel: Kernel, directory: string): Readonly<Record<string, MiscStats>> {
  const read = (file: string) => parseKeyedCounters(readTextIfExists(kernel, `${directory}/${file}`) ?? '')
  const [limits, events] = [read('misc.max'), read('misc.events')]
  const resources = Object.entries(read('misc.current')).map(([name, usage]): [string, MiscStats] => [
    name,
    present({ usage, limit: limits[name], failcnt: events[`${name}.max`] }),
  ])
  return Object.fromEntries(resources)
}

const KILO = 1024

/** The sizes of huge pages that the machine has, as the files of hugetlb name them: `2MB`. */
export function readPageSizes(kernel: Kernel): readonly string[] {
  const sizes: string[] = []
  for (const { name } of readDirectory(kernel, '/sys/kernel/mm/hugepages') ?? []) {
    const kilobytes = /^hugepages-(\d+)kB$/.exec(name)?.[1]
    if (kilobytes !== undefined) sizes.push(nameOfSize(Number(kilobytes)))
  }
  return sizes
}

function nameOfSize(kilobytes: number): string {
  if (kilobytes >= KILO * KILO) return `${kilobytes / KILO / KILO}GB`
  return kilobytes >= KILO ? `${kilobytes / KILO}MB` : `${kilobytes}KB`
}
