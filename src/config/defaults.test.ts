// Tests that the default set bends to the namespaces, and that nobody can change it for others.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_MASKED_PATHS,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  DEFAULT_NETWORKS,
  DEFAULT_READONLY_PATHS,
  defaultMounts,
} from './defaults.ts'
import type { IdMapping } from './namespace.ts'

const USER = { type: 'user' } as const
const ROOT_ONLY: readonly IdMapping[] = [{ containerId: 0, hostId: 1000, size: 1 }]

it('is frozen to the last object', () => {
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  for (const set of [
    DEFAULT_CAPABILITIES,
    DEFAULT_DEVICE_RULES,
    DEFAULT_DEVICES,
    DEFAULT_MASKED_PATHS,
    DEFAULT_MOUNTS,
    DEFAULT_NAMESPACES,
    DEFAULT_NETWORKS,
    DEFAULT_READONLY_PATHS,
    defaultMounts([USER], ROOT_ONLY),
  ]) {
    assert.ok(set.length > 0 && isFrozen(set))
  }
})

it('mounts everything without a user namespace', () => {
  assert.equal(defaultMounts([{ type: 'mount' }], []), DEFAULT_MOUNTS)
})

it('leaves out the group of terminals where it is not mapped', () => {
  const devptsOf = (mappings: readonly IdMapping[]) => {
    const mounts = defaultMounts([...DEFAULT_NAMESPACES, USER], mappings)
    return mounts.find(({ type }) => type === 'devpts')
  }
  const withoutGroup = { data: 'newinstance,ptmxmode=0666,mode=0620' }
  const devpts = DEFAULT_MOUNTS.find(({ type }) => type === 'devpts')
  assert.deepEqual(devptsOf(ROOT_ONLY), { ...devpts, ...withoutGroup })
  assert.deepEqual(devptsOf([{ containerId: 0, hostId: 1000, size: 5 }]), { ...devpts, ...withoutGroup })
  assert.deepEqual(devptsOf([{ containerId: 0, hostId: 1000, size: 6 }]), devpts)
  assert.deepEqual(devptsOf([...ROOT_ONLY, { containerId: 5, hostId: 5, size: 1 }]), devpts)
})

it('binds what shows a namespace that a user namespace does not own', () => {
  const mounts = defaultMounts(
    [USER, { type: 'mount' }, { type: 'network', path: '/run/netns/a' }],
    ROOT_ONLY,
  )
  assert.deepEqual(
    mounts.filter(({ type }) => type === 'bind').map(({ destination }) => destination),
    ['/proc', '/dev/mqueue', '/sys'],
  )
  const owned = defaultMounts([...DEFAULT_NAMESPACES, USER], ROOT_ONLY)
  assert.ok(!owned.some(({ type }) => type === 'bind'))
})
