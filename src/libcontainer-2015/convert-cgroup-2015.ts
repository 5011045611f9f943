// Owns how the cgroup of 2015 becomes ours: limits by controller, where 0 and '' are unset.

import type { BlkioDeviceLimits, CgroupConfig, CpuLimits, MemoryLimits } from '../config/cgroup.ts'
import type { DeviceRule } from '../config/device.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import type { Cgroup2015, Device2015 } from './config-2015.ts'

type Warn = (text: string) => void

export function convertCgroup(given: Cgroup2015, warn: Warn): CgroupConfig {
  const { cpuset_cpus, cpuset_mems, hugetlb_limit = [], net_prio_ifpriomap = [], net_cls_classid } = given
  if (given.slice) warn('cgroups.slice: for systemd alone, which is not asked here')
  if (given.freezer === 'FROZEN') warn('cgroups.freezer: a container starts thawed; pause it')
  else if (given.freezer && given.freezer !== 'THAWED')
    refuseValue('cgroups.freezer', 'FROZEN, THAWED or nothing', given.freezer)
  return {
    path: convertPath(given),
    memory: convertMemory(given),
    cpu: convertCpu(given),
    cpuset: { ...(cpuset_cpus && { cpus: cpuset_cpus }), ...(cpuset_mems && { mems: cpuset_mems }) },
    blkio: {
      ...(given.blkio_weight && { weight: given.blkio_weight }),
      devices: convertBlkioDevices(given),
    },
    hugetlb: hugetlb_limit.map(({ page_size = '', limit = 0 }) => ({
      pageSize: page_size,
      limitBytes: BigInt(limit),
    })),
    ...(net_cls_classid && { netCls: { classId: convertClassId(net_cls_classid) } }),
    ...(net_prio_ifpriomap.length > 0 && {
      netPrio: {
        priorities: Object.fromEntries(
          net_prio_ifpriomap.map(({ interface: name = '', priority = 0 }) => [name, priority]),
        ),
      },
    }),
    devices: convertRules(given),
  }
}

/** The original began at the cgroup of process 1, which on a host is the root, unless the path was absolute. */
function convertPath({ name = '', parent = '' }: Cgroup2015): string {
  const path = [parent, name].filter((part) => part !== '').join('/')
  if (path === '') refuseField('cgroups.name', 'a cgroup has a name: the root cannot be limited')
  return path.startsWith('/') ? path : `/${path}`
}

/** A swap of -1 set nothing: without a limit there is none. */
function convertMemory(given: Cgroup2015): MemoryLimits {
  const { memory, memory_reservation, memory_swap = 0, kernel_memory = 0, memory_swappiness = -1 } = given
  return {
    ...(memory && { limitBytes: BigInt(memory) }),
    ...(memory_reservation && { reservationBytes: BigInt(memory_reservation) }),
    ...(memory_swap > 0 && { swapBytes: BigInt(memory_swap) }),
    ...(kernel_memory > 0 && { kernelBytes: BigInt(kernel_memory) }),
    ...(memory_swappiness !== -1 && { swappiness: memory_swappiness }),
    ...(given.oom_kill_disable && { oomKillDisable: true }),
  }
}

function convertCpu(given: Cgroup2015): CpuLimits {
  return {
    ...(given.cpu_shares && { shares: given.cpu_shares }),
    ...(given.cpu_quota && { quotaMicros: given.cpu_quota }),
    ...(given.cpu_period && { periodMicros: given.cpu_period }),
    ...(given.cpu_rt_runtime && { realtimeRuntimeMicros: given.cpu_rt_runtime }),
    ...(given.cpu_rt_period && { realtimePeriodMicros: given.cpu_rt_period }),
  }
}

type BlkioRates = Omit<BlkioDeviceLimits, 'major' | 'minor'>

const BLKIO_KEYS: Readonly<Record<string, (value: bigint) => BlkioRates>> = Object.freeze({
  blkio_weight_device: (value) => ({ weight: Number(value) }),
  blkio_throttle_read_bps_device: (value) => ({ readBytesPerSecond: value || -1n }),
  blkio_throttle_write_bps_device: (value) => ({ writeBytesPerSecond: value || -1n }),
  blkio_throttle_read_iops_device: (value) => ({ readOperationsPerSecond: Number(value) || -1 }),
  blkio_throttle_write_iops_device: (value) => ({ writeOperationsPerSecond: Number(value) || -1 }),
})

/** Each key has one device, `8:0 500`; a rate of 0 is none. */
function convertBlkioDevices(given: Cgroup2015): readonly BlkioDeviceLimits[] {
  const devices = new Map<string, BlkioDeviceLimits>()
  for (const [key, ratesOf] of Object.entries(BLKIO_KEYS)) {
    const text = given[key as keyof Cgroup2015]
    if (typeof text !== 'string' || text === '') continue
    const match = /^\s*((\d{1,10}):(\d{1,10}))\s+(\d{1,20})\s*$/.exec(text)
    if (match === null) refuseValue(`cgroups.${key}`, '"MAJOR:MINOR VALUE"', text)
    const [, device = '', major, minor, value = ''] = match
    const known = devices.get(device) ?? { major: Number(major), minor: Number(minor) }
    devices.set(device, { ...known, ...ratesOf(BigInt(value)) })
  }
  return [...devices.values()]
}

/** As the kernel reads it: with 0x, or with 0 in octal. */
function convertClassId(text: string): number {
  const octal = /^0[0-7]+$/.test(text)
  if (!octal && !/^(0[xX][0-9a-fA-F]+|[1-9]\d*|0)$/.test(text))
    refuseValue('cgroups.net_cls_classid', 'a number such as "0x100001"', text)
  return octal ? Number.parseInt(text, 8) : Number(text)
}

function convertRules(given: Cgroup2015): readonly DeviceRule[] {
  const all = given.allow_all_devices ?? false
  const key = all ? 'denied_devices' : 'allowed_devices'
  const rules = (given[key] ?? []).map((device, index) =>
    convertRule(device, !all, `cgroups.${key}[${index}]`),
  )
  return [{ allow: all, type: 'a' }, ...rules]
}

function convertRule(
  { type, major = 0, minor = 0, permissions = '' }: Device2015,
  allow: boolean,
  at: string,
): DeviceRule {
  const letter = type === undefined ? '' : String.fromCharCode(type)
  if (letter !== 'c' && letter !== 'b') refuseValue(`${at}.type`, '99 (c) or 98 (b)', type)
  return {
    allow,
    type: letter,
    ...(major !== -1 && { major }),
    ...(minor !== -1 && { minor }),
    access: permissions,
  }
}
