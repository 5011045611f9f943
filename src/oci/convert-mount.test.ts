// Tests how the options of a mount are sorted into attributes, propagation and data.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { refusal } from '../../test/helpers/refuses-config.ts'
import { DEFAULT_MOUNTS } from '../config/defaults.ts'
import type { FilesystemMount } from '../config/mount.ts'
import { MOUNT_ATTRIBUTES, PROPAGATIONS } from '../config/validate/nouns/normalize-mounts.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { isLibcontainerError } from '../errors.ts'
import { convertMount } from './convert-mount.ts'
import type { SpecMount } from './runtime-spec.ts'

const convert = (mount: SpecMount) =>
  convertMount(mount, {
    bundle: '/bundle',
    at: 'mounts[0]',
    inUserNamespace: false,
    warn: (text) => assert.fail(text),
  })

/** What an attribute that is not named is said to be. */
const UNNAMED = ['rw', 'suid', 'dev', 'exec', 'symfollow'] as const

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
  const expected = DEFAULT_MOUNTS.map((mount) => ({
    ...mount,
    attributes: mount.type === 'proc' ? [] : mount.attributes,
  }))
  assert.deepEqual(mounts, expected)
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
    attributes: [],
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

it('takes a bind with any attribute for one that says them all', () => {
  const bind = { destination: '/d', source: '/s', options: ['bind', 'ro', 'rprivate'] }
  assert.deepEqual(convert(bind).attributes, [...UNNAMED, 'ro'])
  // What is locked there must stay as it is.
  const context = { bundle: '/b', at: 'mounts[0]', inUserNamespace: true, warn: assert.fail }
  assert.deepEqual(convertMount(bind, context).attributes, ['symfollow', 'ro'])
  assert.deepEqual(convert({ ...bind, options: ['bind', 'rprivate'] }).attributes, [])
})

it('reads attributes that reach the mounts below', () => {
  const table: readonly (readonly [options: string, own: string, all: string])[] = [
    ['rbind rro rnosuid rstrictatime', '', 'ro nosuid strictatime'],
    ['rbind ro nosymfollow rprivate', 'ro nosymfollow', ''],
    ['rbind ro rrw rnosuid nodev', 'ro nodev', 'rw nosuid'],
    ['rbind noatime noatime atime relatime norelatime', '', ''],
    ['rbind strictatime noatime nostrictatime', 'noatime', ''],
    ['rbind rnoatime ratime rsuid', '', 'suid'],
  ]
  for (const [options, own, all] of table) {
    const mount = convert({ destination: '/x', source: '/y', options: options.split(' ') })
    const below = 'recursiveAttributes' in mount ? mount.recursiveAttributes : []
    const named = mount.attributes?.join(' ').replace(/^rw suid dev exec symfollow /, '')
    assert.deepEqual([named, below?.join(' ')], [own, all], options)
  }
})

it('reads id maps: with the option or without it, of its own or those of the container', () => {
  const rows = [{ containerID: 0, hostID: 1000, size: 5 }]
  const bind = { destination: '/x', source: '/y', type: 'bind' }
  const idMap = (mount: Partial<SpecMount>) => {
    const converted = convert({ ...bind, ...mount })
    return 'idMap' in converted ? converted.idMap : undefined
  }
  const own = {
    uidMappings: [{ containerId: 0, hostId: 1000, size: 5 }],
    gidMappings: [{ containerId: 0, hostId: 1000, size: 5 }],
  }
  const both = { uidMappings: rows, gidMappings: rows }
  assert.deepEqual(idMap(both), { ...own, recursive: false })
  assert.deepEqual(idMap({ ...both, options: ['rbind', 'ridmap'] }), { ...own, recursive: true })
  assert.deepEqual(idMap({ options: ['rbind', 'idmap'] }), { recursive: false })
  assert.equal(idMap({ uidMappings: [], gidMappings: [] }), undefined)
})

it('reads what is to be changed of a mount that is there', () => {
  const base = { type: 'remount', destination: '/x' }
  assert.deepEqual(convert({ destination: '/x', options: ['remount'] }), { ...base, attributes: UNNAMED })
  assert.deepEqual(
    convert({ destination: '/x', type: 'tmpfs', options: ['remount', 'ro', 'size=1m', 'sync'] }),
    {
      ...base,
      attributes: [...UNNAMED, 'ro'],
      data: 'size=1m,sync',
    },
  )
  assert.deepEqual(
    convert({ destination: '/x', options: ['bind', 'remount', 'nosuid', 'private', 'rnodev'] }),
    {
      ...base,
      attributes: [...UNNAMED, 'nosuid'],
      recursiveAttributes: ['nodev'],
      propagation: ['private'],
    },
  )
})

it('hands options of all file systems on, but for a bind, which it warns of', () => {
  const options = ['sync', 'dirsync', 'lazytime', 'mand', 'silent', 'tmpcopyup']
  assert.deepEqual(convert({ destination: '/x', type: 'tmpfs', options }), {
    type: 'tmpfs',
    source: 'tmpfs',
    destination: '/x',
    attributes: [],
    data: 'sync,dirsync,lazytime,mand',
    copyUp: true,
  })
  const warnings: string[] = []
  const context = {
    bundle: '/',
    at: 'mounts[1]',
    inUserNamespace: false,
    warn: (text: string) => void warnings.push(text),
  }
  convertMount({ destination: '/x', source: '/y', options: ['rbind', 'sync', 'iversion'] }, context)
  assert.deepEqual(warnings, [
    'mounts[1].options: "iversion" is a matter of each file system, and is left out',
    'mounts[1].options: "sync" says nothing of a bind: its file system has its own options',
  ])
})

/** Every option of the specification that is no bind's alone (config.md, Linux mount options). */
const OPTIONS = (
  'async atime defaults dev diratime dirsync exec lazytime loud mand noatime nodev nodiratime noexec noiversion ' +
  'nolazytime nomand norelatime nostrictatime nosuid nosymfollow private ratime rdev rdiratime relatime rexec ' +
  'rnoatime rnodiratime rnoexec rnorelatime rnostrictatime rnosuid rnosymfollow ro rprivate rrelatime rro rrw ' +
  'rshared rslave rstrictatime rsuid rsymfollow runbindable rw shared silent slave strictatime suid symfollow sync ' +
  'tmpcopyup unbindable'
).split(' ')
const OPPOSITES = [
  ['ro', 'rw'],
  ['nosuid', 'suid'],
  ['nodev', 'dev'],
  ['noexec', 'exec'],
  ['nodiratime', 'diratime'],
] as const

it('passes over what callers leave in a bind: their own options, an empty one', () => {
  const bind = { destination: '/x', source: '/y' }
  const plain = convert({ ...bind, options: ['rbind'] })
  for (const left of ['', 'z', 'Z', 'U', 'nocopy']) {
    assert.deepEqual(convert({ ...bind, options: [left, 'rbind'] }), plain, left)
    if (left === '') continue
    const mount = convert({ ...bind, type: 'tmpfs', options: [left] })
    assert.equal((mount as FilesystemMount).data, left)
  }
  assert.equal((convert({ ...bind, type: 'tmpfs', options: [''] }) as FilesystemMount).data, undefined)
})

it('takes every option of the specification, in any order; of two opposites the later one wins', () => {
  const lists = fc.array(fc.constantFrom(...OPTIONS), { maxLength: 12 })
  fc.assert(
    fc.property(lists, (options) => {
      const mount = convert({ destination: '/x', type: 'tmpfs', options })
      const valid = validateConfig({ rootfs: '/srv', mounts: [mount] }).mounts[0]
      const shared = options.filter((option) => ['sync', 'dirsync', 'lazytime', 'mand'].includes(option))
      assert.equal((valid as FilesystemMount | undefined)?.data ?? '', shared.join(','))
      const below = options.filter((option) => option.startsWith('r')).map((option) => option.slice(1))
      const own = options.filter((option) => !below.includes(option))
      for (const pair of OPPOSITES) {
        const last = (list: readonly string[]) =>
          list.findLast((name) => (pair as readonly string[]).includes(name))
        assert.equal(last(valid?.attributes ?? []), last(below) ?? last(own))
      }
    }),
  )
})

it('takes a relative destination as below the root, and warns', () => {
  const warnings: string[] = []
  const warn = (text: string) => void warnings.push(text)
  const context = { bundle: '/bundle', at: 'mounts[3]', inUserNamespace: false, warn }
  const mount = convertMount({ destination: 'a/../../b/', type: 'tmpfs' }, context)
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
      { destination: '/x', source: '/y', options: ['bind', 'tmpcopyup'] },
      'mounts[0].options[1]',
      /: "tmpcopyup"$/,
    ],
    [{ destination: '/x', options: ['bind', 'remount', 'size=1'] }, 'mounts[0].options[2]', /: "size=1"$/],
    [
      { destination: '/x', type: 'tmpfs', options: ['idmap'] },
      'mounts[0]',
      /only a bind mount can have an id map/,
    ],
    [
      {
        destination: '/x',
        source: '/y',
        type: 'bind',
        uidMappings: [{ containerID: 0, hostID: 0, size: 1 }],
      },
      'mounts[0]',
      /^expected both uidMappings and gidMappings, or neither$/,
    ],
  ]
  for (const [mount, field, reason] of table) {
    const error = refusal(() => convert(mount))
    assert.deepEqual([error.code, error.field], ['ConfigInvalid', field])
    assert.match(error.reason, reason)
  }
})

it('sorts any options so that none is lost and the later of two opposites wins', () => {
  const data = fc.stringMatching(/^[a-z]{3,6}=[a-z0-9]{1,4}$/).filter((text) => !text.startsWith('idmap'))
  const option = fc.oneof(fc.constantFrom(...MOUNT_ATTRIBUTES), fc.constantFrom(...PROPAGATIONS), data)
  fc.assert(
    fc.property(fc.array(option), (options) => {
      const made = convert({ destination: '/x', type: 'tmpfs', source: 'tmpfs', options }) as FilesystemMount
      const of = (known: readonly string[]): readonly string[] =>
        options.filter((text) => known.includes(text))
      assert.deepEqual(made.attributes ?? [], of(MOUNT_ATTRIBUTES))
      assert.deepEqual(made.propagation ?? [], of(PROPAGATIONS))
      assert.equal(made.data ?? '', options.filter((text) => text.includes('=')).join(','))
    }),
  )
})

it('answers any mount with one of ours, or with the field that is at fault', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('bind', 'rbind', 'ro', 'tmpcopyup', 'idmap', 'rro', 'remount', 'size='),
  )
  const mount = fc.record(
    { destination: text, type: text, source: text, options: fc.array(text) },
    { requiredKeys: ['destination'] },
  )
  fc.assert(
    fc.property(mount, (given) => {
      try {
        convertMount(given, {
          bundle: '/bundle',
          at: 'mounts[0]',
          inUserNamespace: false,
          warn: () => undefined,
        })
      } catch (error) {
        assert.ok(isLibcontainerError(error) && error.code === 'ConfigInvalid', String(error))
        assert.match(error.field ?? '', /^mounts\[0\]/)
      }
    }),
  )
})
