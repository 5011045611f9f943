// Tests which files a change of limits writes: what was given and what follows from it, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CgroupLimits } from '../config/cgroup.ts'
import { mergeLimits } from '../config/merge-limits.ts'
import type { Controller } from './controller.ts'
import { planChange } from './plan-change.ts'
import { cpuV1 } from './v1/cpu.ts'
import { memoryV1 } from './v1/memory.ts'
import { cpuV2 } from './v2/cpu.ts'
import { ioV2 } from './v2/io.ts'
import { memoryV2 } from './v2/memory.ts'
import { planUnified } from './v2/unified.ts'

function change(plan: Controller['planSettings'], limits: CgroupLimits, given: CgroupLimits): string[] {
  const before = { path: 'x', ...limits }
  const settings = planChange(plan, { before, after: mergeLimits(before, given), given })
  return settings.map(({ file, value }) => `${file}=${value}`)
}

const MEMORY = { limitBytes: 100n, swapBytes: 150n, reservationBytes: 20n }

test('only what is given is written, also when it is as before', () => {
  const given = { memory: { reservationBytes: 20n } }
  assert.deepEqual(change(memoryV1.planSettings, { memory: MEMORY }, given), [
    'memory.soft_limit_in_bytes=20',
  ])
  assert.deepEqual(change(memoryV1.planSettings, { memory: MEMORY }, { cpu: { shares: 5 } }), [])
})

test('v2: the limit of swap follows that of memory', () => {
  const given = { memory: { limitBytes: 120n } }
  assert.deepEqual(change(memoryV2.planSettings, { memory: MEMORY }, given), [
    'memory.max=120',
    'memory.swap.max=30',
  ])
})

test('v2: a quota keeps its period, and the other way round', () => {
  const limits = { cpu: { quotaMicros: 5000, periodMicros: 50_000 } }
  assert.deepEqual(change(cpuV2.planSettings, limits, { cpu: { quotaMicros: 7000 } }), ['cpu.max=7000 50000'])
  assert.deepEqual(change(cpuV2.planSettings, limits, { cpu: { periodMicros: 9000 } }), ['cpu.max=5000 9000'])
})

test('shares come back when a cgroup is not idle any more', () => {
  const limits = { cpu: { shares: 512, idle: true } }
  assert.deepEqual(change(cpuV1.planSettings, limits, { cpu: { idle: false } }), [
    'cpu.idle=0',
    'cpu.shares=512',
  ])
  assert.deepEqual(change(cpuV1.planSettings, { cpu: { shares: 512 } }, { cpu: { idle: true } }), [
    'cpu.idle=1',
  ])
})

test('fields in lists and of files are found', () => {
  const device = { major: 8, minor: 0, readBytesPerSecond: 1n, writeBytesPerSecond: 2n }
  const given = { blkio: { devices: [{ major: 8, minor: 0, readBytesPerSecond: 1n }] } }
  assert.deepEqual(change(ioV2.planSettings, { blkio: { devices: [device] } }, given), ['io.max=8:0 rbps=1'])
  const unified = { 'memory.high': '5', 'memory.low': '6' }
  assert.deepEqual(change(planUnified, { unified }, { unified: { 'memory.high': '5' } }), ['memory.high=5'])
})
