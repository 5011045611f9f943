// Owns how the "cgroups" part of a configuration of 2015 is read: a reader for each of its keys.

import { int64At, integerAt, listOf } from '../config/validate/values/json-values.ts'
import type { Reader } from '../config/validate/values/record-at.ts'
import { booleanAt, textAt } from '../config/validate/values/scalar-at.ts'
import type { Cgroup2015, Device2015 } from './config-2015.ts'
import type { ObjectReader } from './values-2015.ts'

type HugetlbLimit2015 = NonNullable<Cgroup2015['hugetlb_limit']>[number]
type NetPriority2015 = NonNullable<Cgroup2015['net_prio_ifpriomap']>[number]

export function cgroup2015At(object: ObjectReader, deviceAt: Reader<Device2015>): Reader<Cgroup2015> {
  return object<Cgroup2015>('a cgroup', {
    name: textAt,
    parent: textAt,
    slice: textAt,
    allow_all_devices: booleanAt,
    allowed_devices: listOf(deviceAt),
    denied_devices: listOf(deviceAt),
    memory: int64At,
    memory_reservation: int64At,
    memory_swap: int64At,
    kernel_memory: int64At,
    memory_swappiness: integerAt,
    oom_kill_disable: booleanAt,
    cpu_shares: integerAt,
    cpu_quota: integerAt,
    cpu_period: integerAt,
    cpu_rt_runtime: integerAt,
    cpu_rt_period: integerAt,
    cpuset_cpus: textAt,
    cpuset_mems: textAt,
    blkio_weight: integerAt,
    blkio_weight_device: textAt,
    blkio_throttle_read_bps_device: textAt,
    blkio_throttle_write_bps_device: textAt,
    blkio_throttle_read_iops_device: textAt,
    blkio_throttle_write_iops_device: textAt,
    hugetlb_limit: listOf(object<HugetlbLimit2015>('a limit', { page_size: textAt, limit: int64At })),
    freezer: textAt,
    net_prio_ifpriomap: listOf(
      object<NetPriority2015>('a priority', { interface: textAt, priority: integerAt }),
    ),
    net_cls_classid: textAt,
  })
}
