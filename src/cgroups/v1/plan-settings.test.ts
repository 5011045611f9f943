// Tests what limits become on cgroup v1.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { hugetlbV1 } from '../hugetlb.ts'
import { miscController } from '../misc-limits.ts'
import { rdmaController } from '../rdma.ts'
import { blkioV1 } from './blkio.ts'
import { cpuV1 } from './cpu.ts'
import { cpusetV1 } from './cpuset.ts'
import { devicesV1 } from './devices.ts'
import { memoryV1 } from './memory.ts'
import { netClsV1, netPrioV1 } from './network.ts'

const plan = (controller: Controller, limits: Omit<CgroupConfig, 'path'>) =>
  controller.planSettings({ path: 'x', ...limits }).map(({ file, value }) => `${file}=${value}`)

test('memory: every limit has its file', () => {
  const memory = {
    limitBytes: 100n,
    swapBytes: -1n,
    reservationBytes: 20n,
    swappiness: 0,
    oomKillDisable: true,
  }
  assert.deepEqual(plan(memoryV1, { memory }), [
    'memory.limit_in_bytes=100',
    'memory.memsw.limit_in_bytes=-1',
    'memory.soft_limit_in_bytes=20',
    'memory.swappiness=0',
    'memory.oom_control=1',
  ])
  assert.deepEqual(plan(memoryV1, {}), [])
})

test('cpu: realtime first, period before quota', () => {
  const cpu = {
    shares: 2,
    quotaMicros: -1,
    periodMicros: 1000,
    realtimeRuntimeMicros: 5,
    realtimePeriodMicros: 10,
  }
  assert.deepEqual(plan(cpuV1, { cpu }), [
    'cpu.rt_period_us=10',
    'cpu.rt_runtime_us=5',
    'cpu.shares=2',
    'cpu.cfs_period_us=1000',
    'cpu.cfs_quota_us=-1',
  ])
})

test('cpuset', () => {
  assert.deepEqual(plan(cpusetV1, { cpuset: { mems: '0' } }), ['cpuset.mems=0'])
})

test('memory: kernel memory and TCP buffers', () => {
  assert.deepEqual(plan(memoryV1, { memory: { kernelBytes: 524288000n, kernelTcpBytes: -1n } }), [
    'memory.kmem.limit_in_bytes=524288000',
    'memory.kmem.tcp.limit_in_bytes=-1',
  ])
})

test('cpu: an idle cgroup has no shares, and gets them when it is not idle any more', () => {
  assert.deepEqual(plan(cpuV1, { cpu: { shares: 512, idle: true } }), ['cpu.idle=1'])
  assert.deepEqual(plan(cpuV1, { cpu: { shares: 512, idle: false } }), ['cpu.idle=0', 'cpu.shares=512'])
})

test('cpu: burst after quota', () => {
  assert.deepEqual(plan(cpuV1, { cpu: { quotaMicros: 5000, burstMicros: 1000 } }), [
    'cpu.cfs_quota_us=5000',
    'cpu.cfs_burst_us=1000',
  ])
})

test('blkio: weights, and a rate for each device; no limit is 0', () => {
  const device = {
    major: 8,
    minor: 16,
    weight: 500,
    leafWeight: 600,
    readBytesPerSecond: 1048576n,
    writeBytesPerSecond: -1n,
    readOperationsPerSecond: 7,
    writeOperationsPerSecond: -1,
  }
  assert.deepEqual(plan(blkioV1, { blkio: { weight: 200, leafWeight: 300, devices: [device] } }), [
    'blkio.bfq.weight=200',
    'blkio.leaf_weight=300',
    'blkio.bfq.weight_device=8:16 500',
    'blkio.leaf_weight_device=8:16 600',
    'blkio.throttle.read_bps_device=8:16 1048576',
    'blkio.throttle.write_bps_device=8:16 0',
    'blkio.throttle.read_iops_device=8:16 7',
    'blkio.throttle.write_iops_device=8:16 0',
  ])
})

test('hugetlb, network classes and priorities, rdma, misc', () => {
  const hugetlb = [
    { pageSize: '2MB', limitBytes: 512n, reservedBytes: -1n },
    { pageSize: '1GB', limitBytes: 0n },
  ]
  assert.deepEqual(plan(hugetlbV1, { hugetlb }), [
    'hugetlb.2MB.limit_in_bytes=512',
    'hugetlb.2MB.rsvd.limit_in_bytes=-1',
    'hugetlb.1GB.limit_in_bytes=0',
  ])
  assert.deepEqual(plan(netClsV1, { netCls: { classId: 0x100001 } }), ['net_cls.classid=1048577'])
  assert.deepEqual(plan(netPrioV1, { netPrio: { priorities: { test: 5, lo: 0 } } }), [
    'net_prio.ifpriomap=test 5',
    'net_prio.ifpriomap=lo 0',
  ])
  assert.deepEqual(
    plan(rdmaController, { rdma: [{ device: 'mlx5_1', hcaHandles: 3, hcaObjects: -1 }, { device: 'x' }] }),
    ['rdma.max=mlx5_1 hca_handle=3 hca_object=max'],
  )
  assert.deepEqual(plan(miscController, { misc: { sev: 3n, sev_es: -1n } }), [
    'misc.max=sev 3',
    'misc.max=sev_es max',
  ])
})

test('devices: the default rules start by denying all', () => {
  const lines = plan(devicesV1, {})
  assert.equal(lines[0], 'devices.deny=a')
  assert.ok(lines.includes('devices.allow=c 1:3 rwm'))
  assert.ok(lines.includes('devices.allow=c *:* m'))
  assert.ok(lines.slice(1).every((line) => line.startsWith('devices.allow=')))
})

test('devices: rules that v1 cannot hold are refused', () => {
  const devices = [
    { allow: false },
    { allow: true, type: 'c' as const },
    { allow: false, type: 'c' as const, major: 1, minor: 3 },
    { allow: true, type: 'b' as const, major: 7 },
    { allow: false, type: 'b' as const, major: 7, minor: 1 },
  ]
  assert.throws(() => plan(devicesV1, { devices }), { code: 'ConfigInvalid', field: 'cgroup.devices' })
})
