// Tests how the options of a mount are sorted into attributes, propagation and data.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { refusal } from '../../test/helpers/refuses-config.ts'
import { DEFAULT_MOUNTS } from '../config/defaults.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { convertMount } from './convert-mount.ts'
import type { SpecMount } from './runtime-spec.ts'

const convert = (mount: SpecMount) => convertMount(mount, '/bundle', 'mounts[0]', (text) => assert.fail(text))

/** What `runc spec` writes. */
const RUNC_MOUNTS: readonly SpecMount[] = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  {
    destination: '/dev',
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'],
  },
  {
    destination: '/dev/pts',
    type: 'devpts',
    source: 'devpts',
    options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
  },
  {
    destination: '/dev/shm',
    type: 'tmpfs',
    source: 'shm',
    options: ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
  },
  { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: ['nosuid', 'noexec', 'nodev'] },
  { destination: '/sys', type: 'sysfs', source: 'sysfs', options: ['nosuid', 'noexec', 'nodev', 'ro'] },
  {
    destination: '/sys/fs/cgroup',
    type: 'cgroup',
    source: 'cgroup',
    options: ['nosuid', 'noexec', 'nodev', 'relatime', 'ro'],
  },
]

it("converts runc's mounts to our defaults, which are a little stricter on /proc", () => {
  const { mounts } = validateConfig({ rootfs: '/srv', mounts: RUNC_MOUNTS.map(convert) })
  const without = mounts.map((mount) => ({
    ...mount,
    propagation: undefined,
    data: 'data' in mount ? mount.data : '',
  }))
  const expected = DEFAULT_MOUNTS.map((mount) => ({
    ...mount,
    propagation: undefined,
    data: 'data' in mount ? mount.data : '',
    attributes: mount.type === 'proc' ? [] : mount.attributes,
  }))
  assert.deepEqual(without, expected)
})

it('sorts options', () => {
  const mount = {
    destination: '/x',
    type: 'tmpfs',
    source: '',
    options: ['ro', 'rshared', 'size=1', 'noswap', 'defaults'],
  }
  assert.deepEqual(convert(mount), {
    type: 'tmpfs',
    source: 'tmpfs',
    destination: '/x',
    attributes: ['ro'],
    propagation: ['rshared'],
    data: 'size=1,noswap',
  })
})

it('knows a bind by its options or its type, and where its source is', () => {
  const base = {
    destination: '/x',
    source: 'data/../d',
    recursiveAttributes: false,
    attributes: [],
    propagation: [],
  }
  const bind = { ...base, type: 'bind', source: '/bundle/d' }
  const { destination, source } = base
  assert.deepEqual(convert({ destination, source, type: 'none', options: ['rbind'] }), {
    ...bind,
    recursive: true,
  })
  assert.deepEqual(convert({ destination, source, options: ['bind'] }), { ...bind, recursive: false })
  assert.deepEqual(convert({ destination, source, type: 'bind' }), { ...bind, recursive: false })
  const absolute = convert({ destination, source: '/d', type: 'bind' })
  assert.deepEqual(absolute, { ...bind, recursive: false, source: '/d' })
})

it('reads attributes that reach the mounts below', () => {
  const table: readonly (readonly [readonly string[], readonly string[], boolean])[] = [
    [['rbind', 'rro', 'rnosuid', 'rstrictatime'], ['ro', 'nosuid', 'strictatime'], true],
    [['rbind', 'ro', 'nosymfollow', 'rprivate'], ['ro', 'nosymfollow'], false],
    [['rbind', 'noatime', 'noatime', 'atime', 'relatime', 'norelatime'], [], false],
    [['rbind', 'strictatime', 'noatime', 'nostrictatime'], ['noatime'], false],
  ]
  for (const [options, attributes, recursiveAttributes] of table) {
    const mount = convert({ destination: '/x', source: '/y', options })
    assert.deepEqual(
      [mount.attributes, 'recursive' in mount && mount.recursiveAttributes],
      [attributes, recursiveAttributes],
    )
  }
})

it('takes a relative destination as below the root, and warns', () => {
  const warnings: string[] = []
  const mount = convertMount({ destination: 'a/../../b/', type: 'tmpfs' }, '/bundle', 'mounts[3]', (text) => {
    warnings.push(text)
  })
  assert.equal(mount.destination, '/b')
  assert.deepEqual(warnings, [
    'mounts[3].destination: "a/../../b/" is not absolute, and is taken as below the root',
  ])
})

it('refuses what it cannot express', () => {
  const table: readonly (readonly [SpecMount, string, RegExp])[] = [
    [{ destination: '/x' }, 'mounts[0].type', /the name of a file system/],
    [{ destination: '/x', type: 'bind' }, 'mounts[0].source', /a path/],
    [{ destination: '/x', source: '/y', options: ['bind', 'mode=1'] }, 'mounts[0].options[1]', /: "mode=1"$/],
    [{ destination: '/x', type: 'cgroup', options: ['x'] }, 'mounts[0].options[0]', /: "x"$/],
    [
      { destination: '/x', source: '/y', options: ['rbind', 'ro', 'rnosuid'] },
      'mounts[0].options',
      /not applied yet/,
    ],
    ...[
      'sync',
      'dirsync',
      'remount',
      'mand',
      'iversion',
      'lazytime',
      'silent',
      'tmpcopyup',
      'idmap',
      'ridmap',
      'idmap=x',
    ].map(
      (option) =>
        [
          { destination: '/x', type: 'tmpfs', options: [option] },
          'mounts[0].options[0]',
          /not applied yet/,
        ] as const,
    ),
  ]
  for (const [mount, field, reason] of table) {
    const error = refusal(() => convert(mount))
    assert.deepEqual([error.code, error.field], ['ConfigInvalid', field])
    assert.match(error.reason, reason)
  }
})
