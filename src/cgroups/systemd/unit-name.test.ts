// Unit tests of the names of units and the paths of slices.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isLibcontainerError } from '../../errors.ts'
import { expandSlice, parseUnitName } from './unit-name.ts'

it('reads slice:prefix:name', () => {
  assert.deepEqual(parseUnitName('machine.slice:libpod:abc', 'system'), {
    unit: 'libpod-abc.scope',
    slice: 'machine.slice',
  })
  assert.deepEqual(parseUnitName('/:runt:web', 'system'), { unit: 'runt-web.scope', slice: 'system.slice' })
  assert.deepEqual(parseUnitName('::web', 'user'), { unit: 'web.scope', slice: 'user.slice' })
  assert.deepEqual(parseUnitName('a.slice::pod.slice', 'system'), { unit: 'pod.slice', slice: 'a.slice' })
})

it('refuses what is no unit', () => {
  for (const path of ['/demo/web', 'a:b', 'a:b:', 'a:b:c:d', ':p:a b', ':p:a/b', `::${'x'.repeat(260)}`]) {
    assert.throws(
      () => parseUnitName(path, 'system'),
      (error) =>
        isLibcontainerError(error) && error.code === 'ConfigInvalid' && error.field === 'cgroup.path',
      path,
    )
  }
})

it('puts a slice into the slices that its name names', () => {
  assert.equal(expandSlice('system.slice'), '/system.slice')
  assert.equal(expandSlice('a-b-c.slice'), '/a.slice/a-b.slice/a-b-c.slice')
  assert.equal(expandSlice('-.slice'), '')
  for (const slice of ['a', '.slice', '-a.slice', 'a-.slice', 'a--b.slice', 'a/b.slice']) {
    assert.throws(() => expandSlice(slice), isLibcontainerError, slice)
  }
})
