// Tests what an id of a user namespace is outside.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { outerId } from './user-of-bus.ts'

test('an id is found in its row, the whole machine is itself, and without a row it stays', () => {
  const podman = '         0       1000          1\n         1     100000      65536\n'
  assert.equal(outerId(podman, 0), 1000)
  assert.equal(outerId(podman, 1000), 100_999)
  assert.equal(outerId('         0          0 4294967295\n', 1000), 1000)
  assert.equal(outerId(podman, 70_000), 70_000)
  assert.equal(outerId('', 5), 5)
})
