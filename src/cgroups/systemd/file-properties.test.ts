// Tests what systemd is told of the files of cgroup v2.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CgroupLimits } from '../../config/cgroup.ts'
import { ioWeightProperty, limitProperties } from './unit-properties.ts'

const told = (limits: CgroupLimits) =>
  Object.fromEntries(limitProperties(2, { path: 'x', ...limits }).map(([name, { value }]) => [name, value]))

const UNLIMITED = 0xffffffffffffffffn

test('files written as they are become properties', () => {
  const unified = {
    'memory.min': '131072',
    'memory.high': '16M',
    'memory.max': 'max',
    'memory.swap.max': ' 4096\n',
    'pids.max': '99',
    'cpu.max': '10000 100000',
    'cpu.weight': '42',
    'cpuset.cpus': '0-2, 9',
    'cpuset.mems': '0',
  }
  assert.deepEqual(told({ unified }), {
    MemoryMin: 131_072n,
    MemoryHigh: 16n << 20n,
    MemoryMax: UNLIMITED,
    MemorySwapMax: 4096n,
    TasksMax: 99n,
    CPUQuotaPerSecUSec: 100_000n,
    CPUQuotaPeriodUSec: 100_000n,
    CPUWeight: 42n,
    AllowedCPUs: [0b111, 0b10],
    AllowedMemoryNodes: [1],
  })
})

test('they have the last word over limits, as in the files', () => {
  const limits = { memory: { limitBytes: 1n << 20n, reservationBytes: 1n << 19n }, pids: { limit: 5 } }
  assert.deepEqual(told({ ...limits, unified: { 'memory.max': '2097152', 'pids.max': 'max' } }), {
    MemoryMax: 2n << 20n,
    MemoryLow: 1n << 19n,
    TasksMax: UNLIMITED,
  })
})

test('quotas: rounded up to 10 ms of a second, unlimited, and a period alone', () => {
  assert.deepEqual(told({ cpu: { quotaMicros: 3_001, periodMicros: 10_000 } }), {
    CPUQuotaPerSecUSec: 310_000n,
    CPUQuotaPeriodUSec: 10_000n,
  })
  const unlimited = { CPUQuotaPerSecUSec: UNLIMITED, CPUQuotaPeriodUSec: 50_000n }
  assert.deepEqual(told({ cpu: { quotaMicros: -1, periodMicros: 50_000 } }), unlimited)
  assert.deepEqual(told({ cpu: { periodMicros: 50_000 } }), unlimited)
})

test('idle is a weight of 0, and not idle that which is told or the usual one', () => {
  assert.deepEqual(told({ cpu: { idle: true, shares: 2 } }), { CPUWeight: 0n })
  assert.deepEqual(told({ cpu: { idle: false } }), { CPUWeight: 100n })
  assert.deepEqual(told({ cpu: { idle: false, shares: 2 } }), { CPUWeight: 1n })
})

test('cpusets are masks; what systemd has no words for stays in the files', () => {
  assert.deepEqual(told({ cpuset: { cpus: '0,2-3', mems: '' } }), {
    AllowedCPUs: [0b1101],
    AllowedMemoryNodes: [],
  })
  const unified = {
    'cpuset.cpus': '0-6:2/4',
    'memory.max': 'much',
    'cpu.max': 'max 0',
    'pids.max': '-1',
    'io.max': '8:0 rbps=1',
  }
  assert.deepEqual(told({ unified }), {})
  assert.deepEqual(told({ unified: { 'pids.max': '0' } }), { TasksMax: 1n })
})

test('a weight of block devices is told as the one that systemd makes ours of', () => {
  const weights = (isBfq: boolean) =>
    [10, 100, 111, 1000].map((weight) => {
      return ioWeightProperty({ path: 'x', blkio: { weight } }, isBfq)[0]?.[1].value
    })
  assert.deepEqual(weights(true), [10n, 100n, 221n, 10_000n])
  assert.deepEqual(weights(false), [1n, 910n, 1021n, 10_000n])
  assert.deepEqual(ioWeightProperty({ path: 'x', blkio: { devices: [] } }, true), [])
})
