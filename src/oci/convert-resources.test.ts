// Tests what is told of resources beside their values: names in other letters, and limits that exclude each other.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { convertUpdate } from './convert-update.ts'

it('takes a name in other letters for the one that is meant, unless that is there', () => {
  assert.deepEqual(convertUpdate({ CPU: { Cpus: '1', MEMS: '0', Constructor: 1 } }).limits.cpuset, {
    cpus: '1',
    mems: '0',
  })
  assert.deepEqual(convertUpdate({ CPU: { cpus: '0' }, cpu: { CPUS: '1', cpus: '2' } }).limits.cpuset, {
    cpus: '2',
  })
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
