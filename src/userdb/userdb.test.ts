// Tests users and groups against the tables of the original, and against files that try to mislead.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { isLibcontainerError } from '../errors.ts'
import { needsUserdb } from './needs-userdb.ts'
import { parseGroup, parsePasswd } from './parse-passwd.ts'
import { resolveGroups } from './resolve-groups.ts'
import { resolveProcessUser } from './resolve-process-user.ts'
import { resolveUser } from './resolve-user.ts'

const PASSWD = `root:x:0:0:root user:/root:/bin/bash
adm:x:42:43:adm:/var/adm:/bin/false
no entry at all
`
const GROUP = `root:x:0:root
adm:x:43:
adm:x:4343:root,adm-duplicate
grp:x:1234:root,adm
no entry at all
`
const FILES = { passwd: PASSWD, group: GROUP }
const DEFAULTS = { uid: 8888, gid: 8888, groups: [8888], home: '/8888', name: null }

const asGroups = (value: readonly (string | number)[]) => ({ value, field: 'additionalGroups' })

const isMissing = (error: unknown) => isLibcontainerError(error) && error.code === 'SystemError'

it('resolves what the original resolved', () => {
  const group = GROUP.replace('adm:x:4343:root,adm-duplicate\n', '')
  const table: readonly (readonly [string, number, number, readonly number[], string])[] = [
    ['root', 0, 0, [0, 1234], '/root'],
    ['0', 0, 0, [0, 1234], '/root'],
    ['adm', 42, 43, [1234], '/var/adm'],
    ['42', 42, 43, [1234], '/var/adm'],
    ['root:adm', 0, 43, [8888], '/root'],
    ['adm:1234', 42, 1234, [8888], '/var/adm'],
    ['42:1234', 42, 1234, [8888], '/var/adm'],
    ['1337:1234', 1337, 1234, [8888], '/8888'],
    ['1337', 1337, 8888, [8888], '/8888'],
    ['', 8888, 8888, [8888], '/8888'],
    [':grp', 8888, 1234, [8888], '/8888'],
    ['adm:', 42, 43, [1234], '/var/adm'],
  ]
  for (const [spec, uid, gid, groups, home] of table) {
    const { name: _, ...user } = resolveUser(spec, { passwd: PASSWD, group }, DEFAULTS)
    assert.deepEqual(user, { uid, gid, groups, home }, spec)
  }
})

it('refuses what the original refused', () => {
  const numbers = ['-1:0', '0:-3', '-5:-2', '-1', '4294967295', '2147483648', '0:4294967295', '+5', '0:+5']
  const names = [
    'notuser',
    'notuser:notgroup',
    'root:notgroup',
    'notuser:adm',
    '8888:notgroup',
    'notuser:8888',
  ]
  for (const spec of [...names, ...numbers])
    assert.throws(() => resolveUser(spec, FILES, DEFAULTS), isMissing, spec)
})

it('says which name was not found, and where', () => {
  assert.throws(() => resolveUser('nobody', FILES), {
    message: 'Cannot find the user "nobody": the container\'s /etc/passwd does not have it',
    field: 'process.user',
  })
  assert.throws(() => resolveGroups(['root', 'audio'], GROUP, 'process.additionalGroups'), {
    message: 'Cannot find the group "audio": the container\'s /etc/group does not have it',
    field: 'process.additionalGroups[1]',
  })
})

it('does without files', () => {
  const nothing = { passwd: null, group: null }
  assert.deepEqual(resolveUser('', nothing), { uid: 0, gid: 0, groups: [], home: '/', name: null })
  assert.deepEqual(resolveUser('', nothing, DEFAULTS), DEFAULTS)
  assert.deepEqual(resolveUser('0', nothing, DEFAULTS), { ...DEFAULTS, uid: 0 })
  assert.deepEqual(resolveUser('0:0', nothing, DEFAULTS), { ...DEFAULTS, uid: 0, gid: 0 })
  assert.throws(() => resolveUser('root', nothing), isMissing)
  const passwdOnly = resolveUser('root', { passwd: PASSWD, group: null }, DEFAULTS)
  assert.deepEqual(passwdOnly, { uid: 0, gid: 0, groups: [8888], home: '/root', name: 'root' })
})

it('takes no garbage for root', () => {
  assert.deepEqual(
    parsePasswd('garbage\n:x:0:0::/:\nx:x:::\nx:x:-1:0::/:\nx:x:0x0:0::/:\n#c:x:no:0::/:\n\n'),
    [],
  )
  assert.deepEqual(parseGroup('garbage\n:x:0:\nx:x::a\n+:::\nx:x:2147483648:\n'), [])
  const misleading = { passwd: `garbage\n${PASSWD}`, group: GROUP }
  assert.equal(resolveUser('0', misleading).home, '/root')
})

it('never takes a number for a name (CVE-2016-3697)', () => {
  const passwd = '1000:x:0:0::/root:\nuser:x:1000:1000::/home/user:\n'
  assert.equal(resolveUser('1000', { passwd, group: null }).uid, 1000)
  assert.equal(resolveUser('1000', { passwd: '1000:x:0:0::/root:\n', group: null }).uid, 1000)
  assert.equal(resolveUser('0:7', { passwd: null, group: '7:x:0:\n' }).gid, 7)
  assert.deepEqual(resolveGroups(['7', 7], '7:x:0:\n', ''), [7])
  assert.throws(() => resolveUser('-5', { passwd: '-5:x:0:0::/:\n', group: null }), isMissing)
})

it('resolves lists of groups as the original did', () => {
  const table: readonly (readonly [readonly (string | number)[], readonly number[]])[] = [
    [[], []],
    [['adm'], [43]],
    [
      ['adm', 'grp'],
      [43, 1234],
    ],
    [['43'], [43]],
    [
      ['adm', '10001'],
      [43, 10001],
    ],
    [['adm', 43, 'adm'], [43]],
  ]
  for (const [list, ids] of table) assert.deepEqual(resolveGroups(list, GROUP, ''), ids)
  assert.deepEqual(resolveGroups([5, '6'], null, ''), [5, 6])
  for (const list of [['nogroup'], ['-1'], ['2147483648'], [-1], [2 ** 31], [1.5]]) {
    assert.throws(() => resolveGroups(list, GROUP, ''), isMissing, String(list))
  }
  assert.throws(() => resolveGroups(['adm'], null, ''), isMissing)
})

it('adds the additional groups to the user', () => {
  const user = resolveProcessUser('adm', asGroups(['root', 1234, 99]), FILES)
  assert.deepEqual(user, { uid: 42, gid: 43, groups: [1234, 0, 99], home: '/var/adm', name: 'adm' })
  assert.deepEqual(resolveProcessUser('0:0', asGroups([]), FILES).groups, [])
})

it('knows which files it needs', () => {
  const home = ['PATH=/bin', 'HOME=/root']
  const both = { passwd: true, group: true }
  assert.equal(needsUserdb('0:0', home, []), null)
  assert.equal(needsUserdb('1:2', home, [5, '6']), null)
  assert.deepEqual(needsUserdb('', home, []), both)
  assert.deepEqual(needsUserdb('0', home, []), both)
  assert.deepEqual(needsUserdb('root', home, []), both)
  assert.deepEqual(needsUserdb('root:0', home, []), { passwd: true, group: false })
  assert.deepEqual(needsUserdb(':0', home, []), { passwd: true, group: false })
  assert.deepEqual(needsUserdb('0:root', home, []), { passwd: false, group: true })
  assert.deepEqual(needsUserdb('0:0', home, ['audio']), { passwd: false, group: true })
  for (const env of [[], ['HOME='], ['HOME=/root', 'HOME='], ['HOMER=/x']]) {
    assert.deepEqual(needsUserdb('0:0', env, []), { passwd: true, group: false }, env.join())
  }
})

it('gives the same answer without the files that it does not need', () => {
  const part = fc.constantFrom('', '0', '42', '1337', 'root', 'adm')
  const groups = fc.array(fc.constantFrom<string | number>('adm', 'grp', '43', 7), { maxLength: 2 })
  fc.assert(
    fc.property(
      part,
      fc.option(fc.constantFrom('', '0', '43', 'adm'), { nil: null }),
      groups,
      (user, group, list) => {
        const spec = group === null ? user : `${user}:${group}`
        const need = needsUserdb(spec, ['HOME=/x'], list)
        const files = { passwd: need?.passwd ? PASSWD : null, group: need?.group ? GROUP : null }
        const { home: _, name: __, ...lean } = resolveProcessUser(spec, asGroups(list), files)
        const { home: ___, name: ____, ...full } = resolveProcessUser(spec, asGroups(list), FILES)
        assert.deepEqual(lean, full, spec)
      },
    ),
  )
})

it('survives any file', () => {
  const line = fc.array(fc.oneof(fc.string({ maxLength: 5 }), fc.constantFrom('0', '-1', '42', '')), {
    maxLength: 8,
  })
  const file = fc.array(line).map((lines) => lines.map((parts) => parts.join(':')).join('\n'))
  fc.assert(
    fc.property(file, file, fc.constantFrom('', '42', '42:7'), (passwd, group, spec) => {
      const user = resolveUser(spec, { passwd, group })
      for (const id of [user.uid, user.gid, ...user.groups]) {
        assert.ok(Number.isInteger(id) && id >= 0 && id <= 0x7fff_ffff, String(id))
      }
    }),
  )
})

it('reads every entry back that a file can hold', () => {
  const PLAIN = { noNullPrototype: true } as const
  const id = fc.nat({ max: 2 ** 31 - 1 })
  const name = fc.stringMatching(/^[a-z_][a-z0-9_-]{0,8}$/)
  const user = fc.record({ name, uid: id, gid: id, home: fc.stringMatching(/^\/[a-z/ ]{0,8}$/) }, PLAIN)
  const entry = fc.record({ name, gid: id, members: fc.array(name, { maxLength: 3 }) }, PLAIN)
  const junk = fc.constantFrom('', '# comment', 'no entry', ':::::', 'x:x:-1:0:::', '+::::::')
  fc.assert(
    fc.property(fc.array(user), fc.array(entry), junk, (users, entries, between) => {
      const passwd = users.map((it) => `${it.name}:x:${it.uid}:${it.gid}:gecos:${it.home}:/bin/sh`)
      assert.deepEqual(parsePasswd(passwd.join(`\n${between}\n`)), users)
      const group = entries.map((it) => `${it.name}:x:${it.gid}:${it.members.join(',')}`)
      assert.deepEqual(parseGroup(group.join(`\n${between}\n`)), entries)
    }),
  )
})
