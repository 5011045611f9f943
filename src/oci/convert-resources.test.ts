// Tests what is told of resources beside their values: names in other letters, and limits that exclude each other.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertUpdate } from './convert-update.ts'

it('takes a name in other letters for the one that is meant', () => {
  assert.deepEqual(convertUpdate({ CPU: { Cpus: '1', MEMS: '0', Constructor: 1 } }).limits.cpuset, {
    cpus: '1',
    mems: '0',
  })
})

it('takes both where a name is there twice, and of two values the later one', () => {
  const { limits } = convertUpdate({
    cpu: { shares: 5, cpus: '0', mems: '0' },
    CPU: { Cpus: '1', mems: null },
    pids: { limit: 1, Limit: 2 },
    hugepageLimits: [{ pageSize: '2MB', limit: 1 }],
    HugepageLimits: [{ pageSize: '1GB', limit: 2 }],
  })
  assert.equal(limits.cpu?.shares, 5)
  assert.deepEqual(limits.cpuset, { cpus: '1', mems: '0' })
  assert.equal(Number(limits.pids?.limit), 2)
  assert.deepEqual(
    limits.hugetlb?.map(({ pageSize }) => pageSize),
    ['1GB'],
  )
})

it('names the field as it was written', () => {
  assert.throws(() => convertUpdate({ CPU: { Cpus: 1 } }), { field: 'resources.CPU.Cpus' })
})

it('leaves a weight out beside cpu.idle, and warns', () => {
  const both = convertUpdate({ cpu: { idle: 1, shares: 5 }, unified: { 'cpu.idle': '1', 'cpu.weight': '8' } })
  assert.equal(both.warnings.length, 2)
  for (const warning of both.warnings) assert.match(warning, /unable to apply both/)
  assert.deepEqual(both.limits.unified, { 'cpu.idle': '1' })

  const one = convertUpdate({ cpu: { idle: 0, shares: 5 }, unified: { 'cpu.idle': '0', 'cpu.weight': '8' } })
  assert.deepEqual(one.warnings, [])
  assert.deepEqual(one.limits.unified, { 'cpu.idle': '0', 'cpu.weight': '8' })
})
