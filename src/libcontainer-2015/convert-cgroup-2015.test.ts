// Tests the conversion of the cgroup of 2015.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { validateConfig } from '../config/validate/validate-config.ts'
import { convertLibcontainer2015 } from './convert-libcontainer-2015.ts'

const NAMESPACES = ['NEWNS', 'NEWNET'].map((type) => ({ type }))

/** Converts, and checks that the result is valid. */
function convert(patch: object) {
  const { config, warnings } = convertLibcontainer2015({
    rootfs: '/srv/rootfs',
    namespaces: NAMESPACES,
    ...patch,
  })
  return { config: validateConfig(config), warnings }
}

const EVERY_LIMIT = {
  name: 'c',
  parent: 'nsinit',
  slice: '',
  memory: 1 << 29,
  memory_reservation: 1 << 28,
  memory_swap: 1 << 30,
  kernel_memory: 1 << 20,
  memory_swappiness: 0,
  oom_kill_disable: true,
  cpu_shares: 512,
  cpu_quota: 5000,
  cpu_period: 7000,
  cpu_rt_runtime: 4000,
  cpu_rt_period: 8000,
  cpuset_cpus: '0-1',
  cpuset_mems: '0',
  blkio_weight: 200,
  blkio_weight_device: '8:0 500',
  blkio_throttle_read_bps_device: '8:0 1024',
  blkio_throttle_write_bps_device: '8:16 9223372036854775807',
  blkio_throttle_read_iops_device: '8:0 0',
  blkio_throttle_write_iops_device: '8:0 7',
  hugetlb_limit: [{ page_size: '2MB', limit: 512 }],
  freezer: 'THAWED',
  net_prio_ifpriomap: [{ interface: 'test', priority: 5 }],
  net_cls_classid: '0x100001',
}

it('converts every limit of a cgroup, and adds up those of one device', () => {
  const { config, warnings } = convert({ cgroups: EVERY_LIMIT })
  assert.deepEqual(warnings, [])
  assert.deepEqual(config.cgroup, {
    path: '/nsinit/c',
    memory: {
      limitBytes: 1n << 29n,
      reservationBytes: 1n << 28n,
      swapBytes: 1n << 30n,
      kernelBytes: 1n << 20n,
      swappiness: 0,
      oomKillDisable: true,
    },
    cpu: {
      shares: 512,
      quotaMicros: 5000,
      periodMicros: 7000,
      realtimeRuntimeMicros: 4000,
      realtimePeriodMicros: 8000,
    },
    cpuset: { cpus: '0-1', mems: '0' },
    blkio: {
      weight: 200,
      devices: [
        {
          major: 8,
          minor: 0,
          weight: 500,
          readBytesPerSecond: 1024n,
          readOperationsPerSecond: -1,
          writeOperationsPerSecond: 7,
        },
        { major: 8, minor: 16, writeBytesPerSecond: 2n ** 63n - 1n },
      ],
    },
    hugetlb: [{ pageSize: '2MB', limitBytes: 512n }],
    netCls: { classId: 0x100001 },
    netPrio: { priorities: { test: 5 } },
    devices: [{ allow: false, type: 'a', access: 'rwm' }],
  })
})

it('leaves what is zero alone', () => {
  const zero = {
    memory: 0,
    memory_swap: -1,
    cpu_shares: 0,
    blkio_weight: 0,
    memory_swappiness: -1,
    freezer: '',
  }
  const { config } = convert({ cgroups: { ...zero, name: '/abs', hugetlb_limit: null } })
  assert.deepEqual(config.cgroup, {
    path: '/abs',
    memory: {},
    cpu: {},
    cpuset: {},
    blkio: { devices: [] },
    hugetlb: [],
    devices: [{ allow: false, type: 'a', access: 'rwm' }],
  })
})

it('converts both kinds of device lists', () => {
  const node = { type: 99, major: 1, minor: 3, permissions: 'rwm' }
  const rulesOf = (cgroups: object) => convert({ cgroups: { name: 'a', ...cgroups } }).config.cgroup?.devices
  assert.deepEqual(
    rulesOf({ allowed_devices: [{ ...node, major: -1, minor: -1, permissions: 'm' }, node] }),
    [
      { allow: false, type: 'a', access: 'rwm' },
      { allow: true, type: 'c', access: 'm' },
      { allow: true, type: 'c', major: 1, minor: 3, access: 'rwm' },
    ],
  )
  const denied = { allow_all_devices: true, denied_devices: [{ ...node, type: 98 }], allowed_devices: [node] }
  assert.deepEqual(rulesOf(denied), [
    { allow: true, type: 'a', access: 'rwm' },
    { allow: false, type: 'b', major: 1, minor: 3, access: 'rwm' },
  ])
})
