// Tests where the cgroup of a container is, by its specification or by whoever makes it.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type ConvertOptions, convertSpec } from './convert-spec.ts'

const MINIMAL = { ociVersion: '1.0.2', root: { path: 'rootfs' }, process: { args: ['sh'], cwd: '/' } }

const pathOf = (patch: object, options: ConvertOptions = {}) =>
  convertSpec({ ...MINIMAL, ...patch }, '/bundle', options).config.cgroup?.path

it('asks for the cgroup of a container only where the specification has none', () => {
  const options = Object.defineProperty({}, 'cgroupPath', { get: () => assert.fail('nobody needs it') })
  assert.equal(pathOf({ linux: { cgroupsPath: '/a' } }, options), '/a')
})

it('takes paths of cgroups as runc does', () => {
  const path = (cgroupsPath: string) => pathOf({ linux: { cgroupsPath } })
  assert.deepEqual(['/a/../b/', '/../c', 'd/e', 'a:b'].map(path), ['/b', '/c', 'd/e', 'a:b'])
})
