// Tests validateConfig as a whole: what it accepts, what it fills in, and how its errors read. The rules are tested
// beside their files.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { refusal } from '../../../test/helpers/refuses-config.ts'
import {
  DEFAULT_CAPABILITIES,
  DEFAULT_DEVICE_RULES,
  DEFAULT_DEVICES,
  DEFAULT_MASKED_PATHS,
  DEFAULT_MOUNTS,
  DEFAULT_NAMESPACES,
  DEFAULT_NETWORKS,
  DEFAULT_READONLY_PATHS,
} from '../defaults.ts'
import { validateConfig } from './validate-config.ts'

const row = (containerId: number, hostId: number, size: number) => ({ containerId, hostId, size })
const bind = { type: 'bind', source: '/srv', destination: '/data' }
const user = { type: 'user' }
const validates = (config: unknown) => () => validateConfig(config)

it('refuses what is no plain object', () => {
  class Settings {
    readonly rootfs = '/srv/rootfs'
  }
  for (const config of [
    null,
    undefined,
    5,
    'x',
    [],
    new Map(),
    new Settings(),
    Object.create({ rootfs: '/x' }),
    () => {},
  ]) {
    const error = refusal(validates(config))
    assert.equal(error.field, '')
    assert.match(error.message, /^Cannot use the argument: expected a configuration, as a plain object, got /)
  }
})

it('refuses with a hint where a name is misspelt', () => {
  const hints: readonly (readonly [unknown, string | undefined])[] = [
    [{ rootFs: '/x' }, 'did you mean "rootfs"?'],
    [{ rootfs: '/x', namespaces: [{ type: 'net' }] }, 'did you mean "network"?'],
    [{ rootfs: '/x', namespaces: [{ type: 'mnt' }] }, 'did you mean "mount"?'],
    [{ rootfs: '/x', capabilities: ['CAP_SYS_ADMN'] }, 'did you mean "SYS_ADMIN"?'],
    [{ rootfs: '/x', rlimits: [{ type: 'RLIMIT_NOFILE' }] }, 'did you mean "NOFILE"?'],
    [{ rootfs: '/x', parentDeathSignal: 'SIGKIL' }, 'did you mean "SIGKILL"?'],
    [{ rootfs: '/x', cgroup: { path: 'a', memory: { limit: 5n } } }, 'did you mean "limitBytes"?'],
    [
      { rootfs: '/x', cgroup: { path: 'a', memory: { limitBytes: 5 } } },
      '64-bit numbers are written with an n: 5n',
    ],
    [{ rootfs: '/x/' }, 'write "/x"'],
    [{ rootfs: '/x', qqq: 1 }, undefined],
  ]
  for (const [config, hint] of hints) assert.equal(refusal(validates(config)).hint, hint)
})

it('refuses with a short rendering of what came', () => {
  const error = refusal(validates({ rootfs: `x${'"'.repeat(500)}\n\u009b` }))
  assert.ok(error.reason.length < 100, error.reason)
  assert.equal(
    refusal(validates({ rootfs: '\u009b31m' })).reason,
    'expected an absolute path, got "\\u009b31m"',
  )
})
it('accepts the smallest configuration, with the default set', () => {
  const { capabilities, ...config } = validateConfig({ rootfs: '/srv/rootfs' })
  assert.deepEqual(config, {
    rootfs: '/srv/rootfs',
    namespaces: DEFAULT_NAMESPACES,
    readonlyRootfs: false,
    noPivotRoot: false,
    mounts: DEFAULT_MOUNTS,
    devices: DEFAULT_DEVICES,
    maskedPaths: DEFAULT_MASKED_PATHS,
    readonlyPaths: DEFAULT_READONLY_PATHS,
    sysctl: {},
    noNewPrivileges: true,
    rlimits: [],
    additionalGroups: [],
    networks: DEFAULT_NETWORKS,
    routes: [],
    labels: {},
  })
  assert.deepEqual(new Set(capabilities.bounding), new Set(DEFAULT_CAPABILITIES))
  assert.deepEqual(capabilities.permitted, capabilities.bounding)
  assert.deepEqual(capabilities.effective, capabilities.bounding)
  assert.deepEqual([capabilities.inheritable, capabilities.ambient], [[], []])
})

it('accepts every default when it is given', () => {
  validateConfig({
    rootfs: '/',
    namespaces: DEFAULT_NAMESPACES,
    mounts: DEFAULT_MOUNTS,
    devices: DEFAULT_DEVICES,
    maskedPaths: DEFAULT_MASKED_PATHS,
    readonlyPaths: DEFAULT_READONLY_PATHS,
    capabilities: DEFAULT_CAPABILITIES,
    networks: DEFAULT_NETWORKS,
    routes: [],
    cgroup: { path: 'a', devices: DEFAULT_DEVICE_RULES },
  })
})

it('accepts the edges of ranges', () => {
  const config = validateConfig({
    rootfs: '/srv',
    namespaces: [...DEFAULT_NAMESPACES, user, { type: 'time' }],
    uidMappings: [row(0, 0, 2 ** 32 - 1)],
    gidMappings: [row(1, 1, 2 ** 32 - 2), row(0, 0, 1)],
    timeOffsets: {
      monotonic: { seconds: -9223372036n },
      boottime: { seconds: 0n, nanoseconds: 999999999 },
    },
    hostname: 'h'.repeat(64),
    cgroup: {
      path: '/a//b/./c/',
      memory: {
        limitBytes: 2n ** 63n - 1n,
        swapBytes: 2n ** 63n - 1n,
        reservationBytes: 0n,
        swappiness: 0,
      },
      cpu: { shares: 262144, quotaMicros: -1, periodMicros: 1000, realtimeRuntimeMicros: -1 },
      cpuset: { cpus: '0-3,5', mems: '0' },
      pids: { limit: -1 },
      devices: [{ allow: false }, { allow: true, type: 'c', major: 4095, minor: 1048575, access: 'mw' }],
    },
    rlimits: [
      { type: 'NOFILE', soft: -1, hard: -1n },
      { type: 'AS', soft: 0, hard: 2n ** 64n - 1n },
    ],
    capabilities: { permitted: ['KILL', 'CAP_CHOWN', 'CAP_KILL'], effective: ['KILL'] },
    parentDeathSignal: 'kill',
    additionalGroups: ['audio', '43', 2147483647],
    sysctl: {
      'net.ipv4.conf.eth0/1.forwarding': '1',
      'kernel/shm_rmid_forced': '1',
      'user.max_net_namespaces': '1',
    },
    labels: { toString: 'x' },
  })
  assert.equal(config.cgroup?.path, '/a/b/c')
  assert.deepEqual(config.cgroup?.devices, [
    { allow: false, type: 'a', access: 'rwm' },
    { allow: true, type: 'c', major: 4095, minor: 1048575, access: 'wm' },
  ])
  const unlimited = 2n ** 64n - 1n
  assert.deepEqual(config.rlimits, [
    { type: 'NOFILE', soft: unlimited, hard: unlimited },
    { type: 'AS', soft: 0n, hard: unlimited },
  ])
  assert.deepEqual(config.capabilities.permitted, ['KILL', 'CHOWN'])
  assert.equal(config.parentDeathSignal, 'SIGKILL')
  assert.deepEqual(config.timeOffsets?.monotonic, { seconds: -9223372036n, nanoseconds: 0 })
  assert.deepEqual(Object.keys(config.labels), ['toString'])
})

it('accepts a container that shares every namespace', () => {
  const config = validateConfig({ rootfs: '/srv', namespaces: [] })
  assert.deepEqual(
    [config.mounts, config.devices, config.maskedPaths, config.readonlyPaths, config.networks],
    [[], [], [], [], []],
  )
})

it('accepts a joined network namespace, and leaves its devices alone', () => {
  assert.deepEqual(
    validateConfig({ rootfs: '/srv', namespaces: [{ type: 'network', path: '/run/netns/a' }] }).networks,
    [],
  )
})

it('accepts mounts, and fills them in', () => {
  const { mounts } = validateConfig({
    rootfs: '/srv',
    mounts: [
      bind,
      { type: 'proc', destination: '/proc' },
      { ...bind, destination: '/proc/uptime' },
      { ...bind, destination: '/procx' },
    ],
  })
  assert.deepEqual(mounts.slice(0, 2), [
    { ...bind, attributes: [], recursive: true },
    { type: 'proc', source: 'proc', destination: '/proc', attributes: [] },
  ])
})

it('accepts keys whose value is undefined, as absent', () => {
  assert.equal(Object.hasOwn(validateConfig({ rootfs: '/srv', hostname: undefined }), 'hostname'), false)
})
