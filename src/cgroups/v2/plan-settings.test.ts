// Tests what limits become on cgroup v2.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { pidsController } from '../pids.ts'
import { cpuV2, weightOfShares } from './cpu.ts'
import { cpusetV2 } from './cpuset.ts'
import { memoryV2 } from './memory.ts'

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
  assert.deepEqual(plan(memoryV2, { memory: { oomKillDisable: false } }), [])
  assert.deepEqual(plan(memoryV2, {}), [])
})

test('memory: what v2 cannot do is refused with its field', () => {
  const refused = [
    [{ swapBytes: 100n }, 'swapBytes'],
    [{ limitBytes: -1n, swapBytes: 100n }, 'swapBytes'],
    [{ limitBytes: 100n, swapBytes: 99n }, 'swapBytes'],
    [{ swappiness: 0 }, 'swappiness'],
    [{ oomKillDisable: true }, 'oomKillDisable'],
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

test('cpuset and pids', () => {
  assert.deepEqual(plan(cpusetV2, { cpuset: { cpus: '0-1', mems: '0' } }), [
    'cpuset.cpus=0-1',
    'cpuset.mems=0',
  ])
  assert.deepEqual(plan(pidsController, { pids: { limit: 7 } }), ['pids.max=7'])
  assert.deepEqual(plan(pidsController, { pids: { limit: 0 } }), ['pids.max=1'])
  assert.deepEqual(plan(pidsController, { pids: { limit: -1 } }), ['pids.max=max'])
})
