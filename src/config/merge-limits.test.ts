// Tests how a change of limits becomes the limits after it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CgroupConfig } from './cgroup.ts'
import { mergeLimits } from './merge-limits.ts'

const BEFORE: CgroupConfig = {
  path: 'a',
  memory: { limitBytes: 1n, swapBytes: 2n },
  cpu: { shares: 5 },
  blkio: { weight: 10, devices: [{ major: 8, minor: 0, weight: 20, readBytesPerSecond: 3n }] },
  hugetlb: [{ pageSize: '2MB', limitBytes: 4n, reservedBytes: 5n }],
  netPrio: { priorities: { lo: 1 } },
  rdma: [{ device: 'x', hcaHandles: 1 }],
  misc: { sev: 1n },
  unified: { 'memory.high': '1' },
  devices: [{ allow: false }],
}

test('nothing given, nothing changed', () => {
  assert.deepEqual(mergeLimits(BEFORE, {}), BEFORE)
})

test('a field takes the place of that field only', () => {
  const { memory, pids, ...rest } = mergeLimits(BEFORE, { memory: { limitBytes: 9n }, pids: { limit: 3 } })
  const { memory: _, ...before } = BEFORE
  assert.deepEqual(memory, { limitBytes: 9n, swapBytes: 2n })
  assert.deepEqual(pids, { limit: 3 })
  assert.deepEqual(rest, before)
})

test('a weight ends idleness, unless both are given', () => {
  const idle: CgroupConfig = { path: 'a', cpu: { idle: true, quotaMicros: 1 }, unified: { 'cpu.idle': '1' } }
  const shares = mergeLimits(idle, { cpu: { shares: 5 } })
  assert.deepEqual(shares.cpu, { idle: false, quotaMicros: 1, shares: 5 })
  assert.deepEqual(shares.unified, { 'cpu.idle': '0' })
  const weight = mergeLimits(idle, { unified: { 'cpu.weight': '8' } })
  assert.deepEqual(Object.entries(weight.unified ?? {}), [
    ['cpu.idle', '0'],
    ['cpu.weight', '8'],
  ])
  const both = mergeLimits(idle, { cpu: { shares: 5, idle: true } })
  assert.deepEqual(both.cpu, { idle: true, quotaMicros: 1, shares: 5 })
  assert.deepEqual(both.unified, {})
  assert.deepEqual(mergeLimits(idle, { unified: { 'cpu.idle': '0' } }).cpu, { quotaMicros: 1 })
  assert.deepEqual(mergeLimits(idle, { cpu: { quotaMicros: 2 } }).cpu, { idle: true, quotaMicros: 2 })
})

test('lists and maps are merged by what they are about; what was given comes first', () => {
  const after = mergeLimits(BEFORE, {
    blkio: {
      devices: [
        { major: 9, minor: 0, weight: 30 },
        { major: 8, minor: 0, weight: 40 },
      ],
    },
    hugetlb: [{ pageSize: '1GB' }, { pageSize: '2MB', limitBytes: 6n }],
    netPrio: { priorities: { eth0: 2 } },
    rdma: [{ device: 'x', hcaObjects: 2 }],
    misc: { path: 2n },
    unified: { 'memory.low': '2' },
    devices: [{ allow: true }],
  })
  assert.deepEqual(after, {
    ...BEFORE,
    blkio: {
      weight: 10,
      devices: [
        { major: 9, minor: 0, weight: 30 },
        { major: 8, minor: 0, weight: 40, readBytesPerSecond: 3n },
      ],
    },
    hugetlb: [{ pageSize: '1GB' }, { pageSize: '2MB', limitBytes: 6n, reservedBytes: 5n }],
    netPrio: { priorities: { lo: 1, eth0: 2 } },
    rdma: [{ device: 'x', hcaHandles: 1, hcaObjects: 2 }],
    misc: { sev: 1n, path: 2n },
    unified: { 'memory.high': '1', 'memory.low': '2' },
    devices: [{ allow: true }],
  })
})
