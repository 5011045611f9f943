// Owns the check of the limits of block devices, huge pages, network classes and RDMA: ranges as the kernel has them.

import type {
  BlkioDeviceLimits,
  BlkioLimits,
  HugetlbLimits,
  NetClsLimits,
  NetPrioLimits,
  RdmaLimits,
} from '../../cgroup.ts'
import { listAt, refuseDuplicates } from '../values/list-at.ts'
import { mapAt, type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { integerFrom } from '../values/scalar-at.ts'
import { bytesOrUnlimited, orUnlimited } from './normalize-limits.ts'

const MAX_UINT32 = 0xffff_ffff
/** The kernel keeps operations per second in 32 bits, of which all set is no limit (block/blk-throttle.c). */
const operationsAt = orUnlimited(integerFrom(1, MAX_UINT32 - 1))
const weightAt = integerFrom(10, 1000)

const BLKIO_DEVICE: Shape<BlkioDeviceLimits> = {
  what: 'a set of limits of a block device',
  readers: {
    major: integerFrom(0, 0xfff),
    minor: integerFrom(0, 0xf_ffff),
    weight: weightAt,
    leafWeight: weightAt,
    readBytesPerSecond: bytesOrUnlimited(1n),
    writeBytesPerSecond: bytesOrUnlimited(1n),
    readOperationsPerSecond: operationsAt,
    writeOperationsPerSecond: operationsAt,
  },
  required: ['major', 'minor'],
}

const BLKIO: Shape<BlkioLimits> = {
  what: 'a set of limits of block devices',
  readers: { weight: weightAt, leafWeight: weightAt, devices: blkioDevicesAt },
  required: [],
}

export function normalizeBlkio(value: unknown, at: string): BlkioLimits {
  return recordAt(value, at, BLKIO)
}

function blkioDevicesAt(value: unknown, at: string): readonly BlkioDeviceLimits[] {
  const devices = listAt(value, at, (item, itemAt) => recordAt(item, itemAt, BLKIO_DEVICE))
  const seen = new Set<string>()
  devices.forEach(({ major, minor }, index) => {
    const number = `${major}:${minor}`
    if (seen.has(number)) refuseField(`${at}[${index}]`, `device ${number} was given before`)
    seen.add(number)
  })
  return devices
}

const HUGETLB: Shape<HugetlbLimits> = {
  what: 'a set of limits of huge pages',
  readers: { pageSize: pageSizeAt, limitBytes: bytesOrUnlimited(0n), reservedBytes: bytesOrUnlimited(0n) },
  required: ['pageSize'],
}

export const normalizeHugetlb: Reader<readonly HugetlbLimits[]> = (value, at) => {
  const limits = listAt(value, at, (item, itemAt) => recordAt(item, itemAt, HUGETLB))
  refuseDuplicates(limits, at, 'pageSize')
  return limits
}

function pageSizeAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || !/^[1-9]\d{0,8}[KMG]B$/.test(value))
    refuseValue(at, 'a page size, such as "2MB"', value)
  return value
}

export function normalizeNetCls(value: unknown, at: string): NetClsLimits {
  return recordAt<NetClsLimits>(value, at, {
    what: 'a network class',
    readers: { classId: integerFrom(0, MAX_UINT32) },
    required: ['classId'],
  })
}

export function normalizeNetPrio(value: unknown, at: string): NetPrioLimits {
  return recordAt<NetPrioLimits>(value, at, {
    what: 'a set of network priorities',
    readers: { priorities: prioritiesAt },
    required: ['priorities'],
  })
}

/** IFNAMSIZ, and what dev_valid_name refuses (net/core/dev.c). */
const INTERFACE = /^(?!\.{1,2}$)[^\s/:]{1,15}$/
/** More than enough for what drivers and sev are called. */
const RESOURCE = /^[\w.-]{1,64}$/

function prioritiesAt(value: unknown, at: string): Readonly<Record<string, number>> {
  const priorityAt = integerFrom(0, MAX_UINT32)
  return mapAt(value, at, 'priorities by network interface', (name, priority, field) => {
    if (!INTERFACE.test(name)) refuseField(field, 'expected the name of a network interface')
    return priorityAt(priority, field)
  })
}

const RDMA: Shape<RdmaLimits> = {
  what: 'a set of limits of an RDMA device',
  readers: {
    device: deviceNameAt,
    hcaHandles: orUnlimited(integerFrom(0, 0x7fff_ffff)),
    hcaObjects: orUnlimited(integerFrom(0, 0x7fff_ffff)),
  },
  required: ['device'],
}

export const normalizeRdma: Reader<readonly RdmaLimits[]> = (value, at) => {
  const limits = listAt(value, at, (item, itemAt) => recordAt(item, itemAt, RDMA))
  refuseDuplicates(limits, at, 'device')
  return limits
}

function deviceNameAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || !RESOURCE.test(value)) refuseValue(at, 'the name of a device', value)
  return value
}

export function normalizeMisc(value: unknown, at: string): Readonly<Record<string, bigint>> {
  const limitAt = bytesOrUnlimited(0n)
  return mapAt(value, at, 'limits by resource', (name, limit, field) => {
    if (!RESOURCE.test(name)) refuseField(field, 'expected the name of a resource')
    return limitAt(limit, field)
  })
}
