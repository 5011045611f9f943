// Tests where the path of a configuration leads in each kind of hierarchy, and that none leads out of it.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../errors.ts'
import type { CgroupHierarchy } from './hierarchies.ts'
import { locateCgroup, parentOf } from './locate-cgroup.ts'

function hierarchy(root: string, own: string): CgroupHierarchy {
  return { controllers: ['memory'], mountPoint: '/sys/fs/cgroup/memory', root, own }
}

const M = '/sys/fs/cgroup/memory'

test('an absolute path starts at what the mount shows', () => {
  assert.equal(locateCgroup(1, hierarchy('/', '/user.slice'), '/demo//a/./'), `${M}/demo/a`)
  assert.equal(locateCgroup(2, hierarchy('/docker/1', '/docker/1'), '/demo'), `${M}/demo`)
  assert.equal(locateCgroup(2, hierarchy('/../..', '/'), '/demo'), `${M}/demo`)
})

test('a relative path is below the own cgroup on v1, beside it on v2', () => {
  assert.equal(locateCgroup(1, hierarchy('/', '/a/b'), 'demo'), `${M}/a/b/demo`)
  assert.equal(locateCgroup(2, hierarchy('/', '/a/b'), 'demo'), `${M}/a/demo`)
  assert.equal(locateCgroup(1, hierarchy('/', '/'), 'demo'), `${M}/demo`)
  assert.equal(locateCgroup(2, hierarchy('/', '/'), 'demo'), `${M}/demo`)
})

test('a mount of a part of the hierarchy, as in a nested container', () => {
  assert.equal(locateCgroup(1, hierarchy('/docker/1', '/docker/1/x'), 'demo'), `${M}/x/demo`)
  assert.equal(locateCgroup(1, hierarchy('/docker/1', '/docker/1'), 'demo'), `${M}/demo`)
  assert.equal(locateCgroup(2, hierarchy('/docker/1', '/docker/1'), 'demo'), `${M}/demo`)
})

test('a relative path where the mount does not show the own cgroup', () => {
  for (const [root, own] of [
    ['/docker/1', '/docker/10'],
    ['/../..', '/'],
    ['/', '/../other'],
  ] as const) {
    assert.throws(() => locateCgroup(1, hierarchy(root, own), 'demo'), {
      code: 'SystemError',
      field: 'cgroup.path',
    })
  }
})

test('paths that are refused', () => {
  for (const path of ['/', '', '.', '/./', '..', '/a/../b', 'a/..', 'a\0b', 'a\nb']) {
    assert.throws(() => locateCgroup(1, hierarchy('/', '/'), path), {
      code: 'ConfigInvalid',
      field: 'cgroup.path',
    })
  }
})

test('property: what is not refused is below the mount point, and clean', () => {
  const part = fc.constantFrom('a', 'b.c', '.', '..', '', '...', 'x y')
  const path = fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/'))
  fc.assert(
    fc.property(path, fc.constantFrom(1 as const, 2 as const), (text, version) => {
      try {
        const directory = locateCgroup(version, hierarchy('/', '/own'), text)
        assert.ok(directory.startsWith(`${M}/`))
        for (const piece of directory.slice(1).split('/'))
          assert.ok(!['', '.', '..'].includes(piece), directory)
      } catch (error) {
        assert.ok(isLibcontainerError(error) && error.code === 'ConfigInvalid', String(error))
      }
    }),
  )
})

test('parentOf', () => {
  assert.equal(parentOf('/a/b'), '/a')
  assert.equal(parentOf('/a'), '')
  assert.equal(parentOf(''), '')
})
