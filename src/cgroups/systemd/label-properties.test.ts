// Tests the labels that are properties of the unit.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labelProperties } from './label-properties.ts'

const PREFIX = 'org.systemd.property.'
const told = (name: string, text: string) => {
  const [[told, { signature, value }] = ['', { signature: '', value: '' }]] = labelProperties({
    [PREFIX + name]: text,
  })
  return [told, signature, value]
}

test('a label is a property, in the type that its text has', () => {
  assert.deepEqual(told('KillSignal', '15'), ['KillSignal', 'i', 15n])
  assert.deepEqual(told('TimeoutStopUSec', 'uint64 10000000'), ['TimeoutStopUSec', 't', 10_000_000n])
  assert.deepEqual(told('Nice', ' int64 -5 '), ['Nice', 'x', -5n])
  assert.deepEqual(told('SendSIGHUP', 'true'), ['SendSIGHUP', 'b', true])
  assert.deepEqual(told('CollectMode', "'inactive-or-failed'"), ['CollectMode', 's', 'inactive-or-failed'])
  assert.deepEqual(told('Description', '"it\'s \\"a\\""'), ['Description', 's', 'it\'s "a"'])
  assert.deepEqual(told('After', "['a.service', 'b.service']"), ['After', 'as', ['a.service', 'b.service']])
  assert.deepEqual(told('After', '[]'), ['After', 'as', []])
})

test('seconds become microseconds', () => {
  assert.deepEqual(told('RuntimeMaxSec', '2'), ['RuntimeMaxUSec', 't', 2_000_000n])
  assert.deepEqual(told('TimeoutStopSec', 'uint64 5'), ['TimeoutStopUSec', 't', 5_000_000n])
  assert.deepEqual(told('TimeoutStopSec', '0.5'), ['TimeoutStopUSec', 't', 500_000n])
})

test('other labels are none; what is no property or no value is refused by its label', () => {
  assert.deepEqual(labelProperties({ 'org.systemd': '1', other: 'x' }), [])
  for (const [name, text] of [
    ['', '1'],
    ['A-b', '1'],
    ['KillSignal', ''],
    ['KillSignal', 'text 5'],
    ['KillSignal', '1.5'],
    ['TimeoutStopSec', "'5'x"],
    ['After', "['a', b]"],
    ['After', "'a' 'b'"],
    ['SendSIGHUP', 'uint64 true'],
  ] as const)
    assert.throws(() => labelProperties({ [PREFIX + name]: text }), {
      code: 'ConfigInvalid',
      field: `labels.${PREFIX}${name}`,
    })
})
