// Tests what limits become on cgroup v1.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { cpuV1 } from './cpu.ts'
import { cpusetV1 } from './cpuset.ts'
import { devicesV1 } from './devices.ts'
import { memoryV1 } from './memory.ts'

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
