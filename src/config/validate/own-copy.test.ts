// Tests that what validation returns is ours alone: deeply frozen, copied, every value read once.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { refusal } from '../../../test/helpers/refuses-config.ts'
import { DEFAULT_DEVICES, DEFAULT_MOUNTS } from '../defaults.ts'
import { validateConfig } from './validate-config.ts'
import { validateProcess } from './validate-process.ts'

const FULL = {
  rootfs: '/srv/rootfs',
  namespaces: [
    { type: 'mount' },
    { type: 'user' },
    { type: 'time' },
    { type: 'network', path: '/run/netns/a' },
  ],
  uidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
  gidMappings: [{ containerId: 0, hostId: 1000, size: 1 }],
  timeOffsets: { monotonic: { seconds: 5n } },
  mounts: [{ type: 'tmpfs', destination: '/tmp', attributes: ['ro'], propagation: ['slave'] }],
  devices: [{ type: 'c', path: '/dev/null', major: 1, minor: 3 }],
  capabilities: { bounding: ['KILL'], permitted: ['KILL'], effective: ['KILL'] },
  rlimits: [{ type: 'NOFILE', soft: 1024, hard: 1024 }],
  additionalGroups: ['audio', 5],
  networks: [{ type: 'loopback' }],
  cgroup: { path: 'a/b', memory: { limitBytes: 5n }, cpuset: { cpus: '0' }, devices: [{ allow: true }] },
  sysctl: { 'net.ipv4.ip_forward': '1' },
  labels: { a: 'b' },
}
const PROCESS = {
  args: ['sh'],
  env: ['A=1'],
  capabilities: ['KILL'],
  rlimits: FULL.rlimits,
  additionalGroups: ['audio'],
}

/** Every object that a value is made of. */
function objectsOf(value: unknown): readonly object[] {
  return typeof value === 'object' && value !== null
    ? [value, ...Object.values(value).flatMap(objectsOf)]
    : []
}

it('names a field whose getter throws', () => {
  const thrown = new Error('by the getter')
  const cgroup = {
    get path(): string {
      throw thrown
    },
  }
  const error = refusal(() => validateConfig({ rootfs: '/srv', cgroup }))
  assert.deepEqual([error.field, error.cause], ['cgroup.path', thrown])
})

it('is frozen to the last object, defaults included', () => {
  for (const valid of [validateConfig({ rootfs: '/srv' }), validateConfig(FULL), validateProcess(PROCESS)]) {
    const objects = objectsOf(valid)
    assert.ok(objects.length > 3)
    for (const object of objects) assert.ok(Object.isFrozen(object), inspect(object))
  }
})

it('shares no object with what was given', () => {
  const pairs: readonly (readonly [object, object])[] = [
    [FULL, validateConfig(FULL)],
    [PROCESS, validateProcess(PROCESS)],
  ]
  for (const [given, valid] of pairs) {
    const ours = new Set(objectsOf(valid))
    for (const object of objectsOf(given)) assert.ok(!ours.has(object), inspect(object))
  }
})

it('is valid itself, and stays what it is', () => {
  const config = validateConfig(FULL)
  assert.deepEqual(validateConfig(config), config)
  const defaults = validateConfig({ rootfs: '/srv' })
  assert.deepEqual(validateConfig(defaults), defaults)
  const process = validateProcess(PROCESS)
  assert.deepEqual(validateProcess(process), process)
})

it('asks a getter once', () => {
  let reads = 0
  const config = {
    get rootfs() {
      reads++
      return reads === 1 ? '/srv/rootfs' : '/etc'
    },
  }
  assert.equal(validateConfig(config).rootfs, '/srv/rootfs')
  assert.equal(reads, 1)
})

it('reads a list by its length and its indices alone', () => {
  const list = Object.assign(['/proc/a'], { *[Symbol.iterator]() {}, map: () => ['x'], length: 1 })
  assert.deepEqual(validateConfig({ rootfs: '/srv', maskedPaths: list }).maskedPaths, ['/proc/a'])
})

it('takes objects without a prototype and objects of another realm', () => {
  const bare = Object.assign(Object.create(null), { rootfs: '/srv' })
  assert.equal(validateConfig(bare).rootfs, '/srv')
  assert.equal(validateConfig(runInNewContext('({ rootfs: "/srv", maskedPaths: ["/x"] })')).rootfs, '/srv')
})

it('reads no inherited key', () => {
  // A prototype is writable by any code of the program: what it adds must not configure a container.
  Object.defineProperty(Object.prototype, 'hostname', {
    value: 'polluted',
    configurable: true,
    enumerable: true,
  })
  try {
    assert.equal(Object.hasOwn(validateConfig({ rootfs: '/srv' }), 'hostname'), false)
  } finally {
    Reflect.deleteProperty(Object.prototype, 'hostname')
  }
  assert.equal(refusal(() => validateConfig(Object.create({ rootfs: '/srv' }))).field, '')
})

it('takes the elements of our own defaults as they are, and looks alikes apart', () => {
  const config = validateConfig({
    rootfs: '/srv',
    mounts: [...DEFAULT_MOUNTS.slice(1), { ...DEFAULT_MOUNTS[0] }],
    devices: DEFAULT_DEVICES,
  })
  assert.equal(config.mounts[0], DEFAULT_MOUNTS[1])
  assert.notEqual(config.mounts.at(-1), DEFAULT_MOUNTS[0])
  assert.deepEqual(config.mounts.at(-1), DEFAULT_MOUNTS[0])
  assert.equal(config.devices[0], DEFAULT_DEVICES[0])
  assert.notEqual(config.devices, DEFAULT_DEVICES)
})
