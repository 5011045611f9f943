// Owns how the limits of block devices, huge pages, network classes and RDMA in config.json become ours: where the
// specification has a list for each kind of limit, we have one entry for each device.

import type {
  BlkioDeviceLimits,
  BlkioLimits,
  CgroupLimits,
  HugetlbLimits,
  RdmaLimits,
} from '../config/cgroup.ts'
import type {
  Int64,
  SpecBlockIo,
  SpecHugepageLimit,
  SpecNetworkClasses,
  SpecRdma,
  SpecThrottleDevice,
} from './runtime-spec.ts'

export function convertBlockIo(blockIo: SpecBlockIo): BlkioLimits {
  const devices = new Map<string, BlkioDeviceLimits>()
  const add = ({ major, minor }: { major: number; minor: number }, limits: Partial<BlkioDeviceLimits>) => {
    const key = `${major}:${minor}`
    devices.set(key, { ...devices.get(key), major, minor, ...limits })
  }
  const addAll = (
    throttles: readonly SpecThrottleDevice[] | undefined,
    limitOf: (rate: Int64) => Partial<BlkioDeviceLimits>,
  ) => {
    for (const throttle of throttles ?? []) add(throttle, limitOf(throttle.rate))
  }
  for (const { weight, leafWeight, ...device } of blockIo.weightDevice ?? [])
    add(device, { ...(weight && { weight }), ...(leafWeight && { leafWeight }) })
  addAll(blockIo.throttleReadBpsDevice, (rate) => ({ readBytesPerSecond: bytesOf(rate) }))
  addAll(blockIo.throttleWriteBpsDevice, (rate) => ({ writeBytesPerSecond: bytesOf(rate) }))
  addAll(blockIo.throttleReadIOPSDevice, (rate) => ({ readOperationsPerSecond: operationsOf(rate) }))
  addAll(blockIo.throttleWriteIOPSDevice, (rate) => ({ writeOperationsPerSecond: operationsOf(rate) }))
  return {
    ...(blockIo.weight && { weight: blockIo.weight }),
    ...(blockIo.leafWeight && { leafWeight: blockIo.leafWeight }),
    ...(devices.size > 0 && { devices: [...devices.values()] }),
  }
}

const MAX_INT64 = 2n ** 63n - 1n
/** The kernel keeps 32 bits of it, and takes all of them set for no limit. */
const MAX_OPERATIONS = 0xffff_ffffn

/** A rate beyond what fits is faster than any device: no limit. */
function bytesOf(rate: Int64): bigint {
  return BigInt(rate) <= 0n || BigInt(rate) > MAX_INT64 ? -1n : BigInt(rate)
}

function operationsOf(rate: Int64): number {
  return BigInt(rate) <= 0n || BigInt(rate) >= MAX_OPERATIONS ? -1 : Number(rate)
}

/** As other runtimes do it, a limit is one of use and of reservation. */
export function convertHugepages(limits: readonly SpecHugepageLimit[]): Pick<CgroupLimits, 'hugetlb'> {
  if (limits.length === 0) return {}
  const hugetlb = limits.map(({ pageSize, limit }): HugetlbLimits => {
    const limitBytes = BigInt(limit) > MAX_INT64 ? -1n : BigInt(limit)
    return { pageSize, limitBytes, reservedBytes: limitBytes }
  })
  return { hugetlb }
}

export function convertNetworkClasses(network: SpecNetworkClasses): Pick<CgroupLimits, 'netCls' | 'netPrio'> {
  const { classID, priorities = [] } = network
  const entries = priorities.map(({ name, priority }): [string, number] => [name, priority])
  return {
    ...(classID && { netCls: { classId: classID } }),
    ...(entries.length > 0 && { netPrio: { priorities: Object.fromEntries(entries) } }),
  }
}

export function convertRdma(devices: Readonly<Record<string, SpecRdma>>): Pick<CgroupLimits, 'rdma'> {
  const rdma = Object.entries(devices).map(([device, limits]): RdmaLimits => ({ device, ...limits }))
  return rdma.length === 0 ? {} : { rdma }
}
