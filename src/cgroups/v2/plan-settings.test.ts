// Tests what limits become on cgroup v2.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { hugetlbV2 } from '../hugetlb.ts'
import { pidsController } from '../pids.ts'
import { cpuV2, weightOfShares } from './cpu.ts'
import { cpusetV2 } from './cpuset.ts'
import { ioV2, ioWeightOf } from './io.ts'
import { memoryV2 } from './memory.ts'
import { planUnified } from './unified.ts'

const plan = (controller: Controller, limits: Omit<CgroupConfig, 'path'>) =>
  controller.planSettings({ path: 'x', ...limits }).map(({ file, value }) => `${file}=${value}`)

test('memory: swap is the total less the memory; -1 is max', () => {
  assert.deepEqual(plan(memoryV2, { memory: { limitBytes: 100n, swapBytes: 150n, reservationBytes: 20n } }), [
    'memory.max=100',
    'memory.swap.max=50',
    'memory.low=20',
  ])
  assert.deepEqual(plan(memoryV2, { memory: { limitBytes: 100n, swapBytes: 100n } }), [
    'memory.max=100',
    'memory.swap.max=0',
  ])
  assert.deepEqual(plan(memoryV2, { memory: { limitBytes: -1n, swapBytes: -1n } }), [
    'memory.max=max',
    'memory.swap.max=max',
  ])
  const likeV2 = { oomKillDisable: false, kernelBytes: -1n, kernelTcpBytes: -1n }
  assert.deepEqual(plan(memoryV2, { memory: likeV2 }), [])
  assert.deepEqual(plan(memoryV2, {}), [])
})

test('memory: what v2 cannot do is refused with its field', () => {
  const refused = [
    [{ swapBytes: 100n }, 'swapBytes'],
    [{ limitBytes: -1n, swapBytes: 100n }, 'swapBytes'],
    [{ limitBytes: 100n, swapBytes: 99n }, 'swapBytes'],
    [{ swappiness: 0 }, 'swappiness'],
    [{ oomKillDisable: true }, 'oomKillDisable'],
    [{ kernelBytes: 1n }, 'kernelBytes'],
    [{ kernelTcpBytes: 1n }, 'kernelTcpBytes'],
  ] as const
  for (const [memory, key] of refused) {
    assert.throws(() => plan(memoryV2, { memory }), { code: 'ConfigInvalid', field: `cgroup.memory.${key}` })
  }
})

test('cpu: quota and period are one file', () => {
  assert.deepEqual(plan(cpuV2, { cpu: { quotaMicros: 5000 } }), ['cpu.max=5000 100000'])
  assert.deepEqual(plan(cpuV2, { cpu: { periodMicros: 50000 } }), ['cpu.max=max 50000'])
  assert.deepEqual(plan(cpuV2, { cpu: { quotaMicros: -1, periodMicros: 1000 } }), ['cpu.max=max 1000'])
  assert.deepEqual(plan(cpuV2, { cpu: { shares: 512 } }), ['cpu.weight=59'])
  assert.throws(() => plan(cpuV2, { cpu: { realtimePeriodMicros: 1 } }), {
    code: 'ConfigInvalid',
    field: 'cgroup.cpu.realtimePeriodMicros',
  })
})

test('cpu weight: the ends and the default of one range are those of the other', () => {
  assert.equal(weightOfShares(2), 1)
  assert.equal(weightOfShares(1024), 100)
  assert.equal(weightOfShares(262_144), 10_000)
})

test('property: cpu weight is in range and never falls', () => {
  const shares = fc.integer({ min: 2, max: 262_144 })
  fc.assert(
    fc.property(shares, shares, (a, b) => {
      const [low, high] = [weightOfShares(Math.min(a, b)), weightOfShares(Math.max(a, b))]
      assert.ok(Number.isInteger(low) && low >= 1 && high <= 10_000 && low <= high)
    }),
  )
})

test('cpu: idle and burst', () => {
  assert.deepEqual(plan(cpuV2, { cpu: { shares: 2, idle: true, quotaMicros: 5000, burstMicros: 7 } }), [
    'cpu.idle=1',
    'cpu.max=5000 100000',
    'cpu.max.burst=7',
  ])
})

test('io: weights of BFQ or of the cost model, and one line of io.max for each rate', () => {
  const device = { major: 8, minor: 0, weight: 500, readBytesPerSecond: 5n, writeOperationsPerSecond: -1 }
  const blkio = { weight: 10, devices: [device] }
  assert.deepEqual(plan(ioV2, { blkio }), [
    'io.bfq.weight=default 10',
    'io.bfq.weight=8:0 500',
    'io.max=8:0 rbps=5',
    'io.max=8:0 wiops=max',
  ])
  const instead = ioV2.planSettings({ path: 'x', blkio }).map((setting) => setting.instead)
  assert.deepEqual(
    instead.map((setting) => setting && `${setting.file}=${setting.value}`),
    ['io.weight=default 1', 'io.weight=8:0 4950', undefined, undefined],
  )
  assert.deepEqual([ioWeightOf(10), ioWeightOf(1000)], [1, 10_000])
  for (const [wrong, field] of [
    [{ leafWeight: 10 }, 'cgroup.blkio.leafWeight'],
    [{ devices: [{ major: 8, minor: 0, leafWeight: 10 }] }, 'cgroup.blkio.devices[0].leafWeight'],
  ] as const) {
    assert.throws(() => plan(ioV2, { blkio: wrong }), { code: 'ConfigInvalid', field })
  }
})

test('hugetlb', () => {
  const hugetlb = [{ pageSize: '2MB', limitBytes: 512n, reservedBytes: -1n }]
  assert.deepEqual(plan(hugetlbV2, { hugetlb }), ['hugetlb.2MB.max=512', 'hugetlb.2MB.rsvd.max=max'])
})

test('unified: a write for each line, never outside of the cgroup', () => {
  const unified = { 'memory.high': '100\n', 'io.max': '8:0 rbps=1\n8:16 wbps=2' }
  const settings = planUnified({ path: 'x', unified })
  assert.deepEqual(
    settings.map(({ file, value, field }) => [file, value, field]),
    [
      ['memory.high', '100', 'cgroup.unified["memory.high"]'],
      ['io.max', '8:0 rbps=1', 'cgroup.unified["io.max"]'],
      ['io.max', '8:16 wbps=2', 'cgroup.unified["io.max"]'],
    ],
  )
  assert.equal(settings[0]?.restore?.('max\n'), 'max\n')
  assert.equal(settings[1]?.restore?.('8:16 rbps=5\n'), '8:0 rbps=max wbps=max riops=max wiops=max')
  assert.equal(settings[2]?.restore?.('8:0 rbps=1\n8:16 rbps=5\n'), '8:16 rbps=5')
  assert.throws(() => planUnified({ path: 'x', unified: { '../x/memory.max': '1' } }), {
    code: 'ConfigInvalid',
  })
})

test('cpuset and pids', () => {
  assert.deepEqual(plan(cpusetV2, { cpuset: { cpus: '0-1', mems: '0' } }), [
    'cpuset.cpus=0-1',
    'cpuset.mems=0',
  ])
  assert.deepEqual(plan(pidsController, { pids: { limit: 7 } }), ['pids.max=7'])
  assert.deepEqual(plan(pidsController, { pids: { limit: 0 } }), ['pids.max=1'])
  assert.deepEqual(plan(pidsController, { pids: { limit: -1 } }), ['pids.max=max'])
})
