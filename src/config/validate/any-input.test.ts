// Property tests: whatever comes is refused as ConfigInvalid or becomes a valid value, and validity is stable.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../../errors.ts'
import { CAPABILITIES } from '../capability.ts'
import { MOUNT_ATTRIBUTES, PROPAGATIONS } from './nouns/normalize-mounts.ts'
import { NAMESPACE_TYPES } from './nouns/normalize-namespaces.ts'
import { RLIMIT_TYPES } from './nouns/normalize-rlimits.ts'
import { validateConfig } from './validate-config.ts'
import { validateProcess } from './validate-process.ts'

const KEYS = Object.keys(validateConfig({ rootfs: '/srv' })).concat(
  'cgroup',
  'hostname',
  'uidMappings',
  'timeOffsets',
)
const PROCESS_KEYS = [
  'args',
  'env',
  'user',
  'cwd',
  'capabilities',
  'rlimits',
  'umask',
  'oomScoreAdj',
  'terminal',
]

/** The value, or undefined where it was refused as it should be. */
function validOrRefused<T>(validate: (value: unknown) => T, value: unknown): T | undefined {
  try {
    return validate(value)
  } catch (error) {
    assert.ok(isLibcontainerError(error) && error.code === 'ConfigInvalid', String(error))
    assert.equal(typeof error.field, 'string')
    return undefined
  }
}

const anything = fc.anything({
  withBigInt: true,
  withNullPrototype: true,
  withSparseArray: true,
  withMap: true,
})

it('refuses anything but configurations, as ConfigInvalid', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => assert.equal(validOrRefused(validateConfig, value), undefined)),
  )
  fc.assert(fc.property(anything, (value) => assert.equal(validOrRefused(validateConfig, value), undefined)))
})

it('refuses any value in any field as ConfigInvalid, or takes it', () => {
  const fields = fc.dictionary(fc.constantFrom(...KEYS), anything, { maxKeys: 3 })
  fc.assert(fc.property(fields, (patch) => void validOrRefused(validateConfig, { rootfs: '/srv', ...patch })))
  const processFields = fc.dictionary(fc.constantFrom(...PROCESS_KEYS), anything, { maxKeys: 3 })
  fc.assert(
    fc.property(processFields, (patch) => void validOrRefused(validateProcess, { args: ['a'], ...patch })),
  )
})

it('takes no longer for texts that are made to take long', () => {
  const began = Date.now()
  const texts = [
    '/'.repeat(1e5),
    '../'.repeat(5e4),
    'a,'.repeat(5e4),
    '1'.repeat(1e5),
    ' '.repeat(1e5),
    '0:'.repeat(5e4),
  ]
  const hard = [...texts, ...texts.map((long) => `${long}!`), `${'a'.repeat(1e5)}\0`]
  for (const long of hard) {
    for (const key of KEYS) {
      for (const value of [
        long,
        [long],
        { [long]: long },
        [{ type: long, path: long, destination: long, data: long }],
      ])
        validOrRefused(validateConfig, { rootfs: '/srv', [key]: value })
    }
    const limits = { path: long, cpuset: { cpus: long, mems: long }, unified: { [long]: long } }
    validOrRefused(validateConfig, { rootfs: '/srv', cgroup: limits })
    const network = { type: 'veth', name: long, address: long, macAddress: long, gateway: long }
    validOrRefused(validateConfig, { rootfs: '/srv', networks: [network], routes: [{ destination: long }] })
    for (const key of PROCESS_KEYS)
      for (const value of [long, [long]]) validOrRefused(validateProcess, { args: ['a'], [key]: value })
  }
  assert.ok(Date.now() - began < 20_000, 'seconds for a pattern that is not linear')
})

const text = fc.string({ minLength: 1, maxLength: 10 })
const path = text.map((name) => `/${name}`)
const bytes = fc.bigInt({ min: -2n, max: 2n ** 63n })
const sets = fc.uniqueArray(fc.constantFrom(...CAPABILITIES))

/** Configurations that are valid, or nearly. */
const plausible = fc.record(
  {
    rootfs: path,
    readonlyRootfs: fc.boolean(),
    rootfsPropagation: fc.constantFrom(...PROPAGATIONS),
    namespaces: fc
      .uniqueArray(fc.constantFrom(...NAMESPACE_TYPES))
      .map((types) => types.map((type) => (type === 'user' ? { type, path: '/proc/1/ns/user' } : { type }))),
    hostname: text,
    mounts: fc.array(
      fc.oneof(
        fc.record({ type: fc.constant('bind'), source: path, destination: path, recursive: fc.boolean() }),
        fc.record({
          type: fc.constantFrom('tmpfs', 'proc', 'devpts', 'ext4'),
          destination: path,
          attributes: fc.array(fc.constantFrom(...MOUNT_ATTRIBUTES)),
          data: fc.constantFrom('', 'mode=755'),
        }),
      ),
    ),
    capabilities: fc.oneof(
      sets,
      fc.record({ bounding: sets, permitted: sets, inheritable: sets }, { requiredKeys: [] }),
    ),
    rlimits: fc.uniqueArray(
      fc.record({
        type: fc.constantFrom(...RLIMIT_TYPES),
        soft: fc.nat(),
        hard: fc.constantFrom(-1n, 2 ** 40),
      }),
      { selector: (rlimit) => rlimit.type },
    ),
    cgroup: fc.record(
      {
        path: text,
        memory: fc.record({ limitBytes: bytes, reservationBytes: bytes }, { requiredKeys: [] }),
        pids: fc.record({ limit: fc.integer({ min: -1, max: 100 }) }),
      },
      { requiredKeys: ['path'] },
    ),
    labels: fc.dictionary(text, fc.string()),
  },
  { requiredKeys: ['rootfs'] },
)

it('turns a valid configuration into one that is valid and means the same', () => {
  let valid = 0
  fc.assert(
    fc.property(plausible, (config) => {
      const first = validOrRefused(validateConfig, config)
      if (first === undefined) return
      valid++
      assert.deepEqual(validateConfig(first), first)
    }),
    { numRuns: 1000 },
  )
  assert.ok(valid > 50, `only ${valid} of 1000 were valid`)
})
