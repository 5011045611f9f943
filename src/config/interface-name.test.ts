// Tests which names of interfaces pass: those that the kernel takes as they are.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInterfaceName } from './interface-name.ts'

test('names that the kernel takes', () => {
  for (const name of ['a', 'eth0', 'fifteen_bytes_x', 'a.b', '...', 'a-b', 'x@y', '~!#$&9'])
    assert.ok(isInterfaceName(name), name)
})

test('names that it refuses, cuts or makes a pattern of', () => {
  const bad = [
    '',
    '.',
    '..',
    'a/b',
    'a:b',
    'a b',
    'a\tb',
    'a\nb',
    'sixteen_bytes_xx',
    'eth%d',
    'a\0',
    'ü',
    '\u00a0',
  ]
  for (const name of bad) assert.ok(!isInterfaceName(name), name)
})
