// Tests validateProcess: the rules, one case each, and what is filled in.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused, refusal } from '../../../test/helpers/refuses-config.ts'
import { validateProcess } from './validate-process.ts'

const COMMAND: readonly Refused[] = [
  [{ args: undefined }, 'process.args', /^expected a list, got nothing$/],
  [{ args: '/bin/true' }, 'process.args', /^expected a list, got "\/bin\/true"$/],
  [{ args: [] }, 'process.args', /^expected at least the name of the program/],
  [{ args: [''] }, 'process.args[0]', /^expected a string that is not empty, got ""$/],
  [{ args: ['a', 5] }, 'process.args[1]', /^expected a string, got 5$/],
  [{ args: ['a', 'b\0c'] }, 'process.args[1]', /NUL/],
  [{ args: ['a', '\udc00'] }, 'process.args[1]', /surrogate/],
  [{ args: ['a\ud800', '\udc00'] }, 'process.args[0]', /surrogate/],
  [{ arg: ['a'] }, 'process.arg', /^a process has no such key$/],
  [{ env: 'A=1' }, 'process.env', /a list/],
  [{ env: ['A=1', 'B'] }, 'process.env[1]', /^expected "KEY=VALUE", got no "=" in "B"$/],
  [{ env: ['=1'] }, 'process.env[0]', /an empty key/],
  [{ env: [['A', '1']] }, 'process.env[0]', /got a list$/],
  [{ cwd: 'tmp' }, 'process.cwd', /^expected an absolute path, got "tmp"$/],
  [{ cwd: '' }, 'process.cwd', /absolute/],
  [{ cwd: '/a\0' }, 'process.cwd', /NUL/],
]

const RIGHTS: readonly Refused[] = [
  [{ user: 0 }, 'process.user', /^expected a string, got 0$/],
  [{ user: '-1:0' }, 'process.user', /a number from 0 to 2147483647, got "-1"$/],
  [{ user: '0:-3' }, 'process.user', /got "-3"$/],
  [{ user: '+5' }, 'process.user', /got "\+5"$/],
  [{ user: '4294967295' }, 'process.user', /2147483647/],
  [{ user: '2147483648' }, 'process.user', /2147483647/],
  [{ user: 'a:b:c' }, 'process.user', /^expected "user", "user:group"/],
  [{ user: 'a\nb' }, 'process.user', /^expected "user"/],
  [{ user: 'a\0' }, 'process.user', /NUL/],
  [{ additionalGroups: [2 ** 32 - 1] }, 'process.additionalGroups[0]', /2147483647/],
  [{ capabilities: ['ROOT'] }, 'process.capabilities[0]', /a capability/],
  [{ rlimits: [{ type: 'NOFILE', soft: 2, hard: 1 }] }, 'process.rlimits[0].soft', /above the hard limit/],
  [{ noNewPrivileges: 'no' }, 'process.noNewPrivileges', /true or false/],
  [{ oomScoreAdj: 1001 }, 'process.oomScoreAdj', /^expected an integer from -1000 to 1000, got 1001$/],
  [{ oomScoreAdj: '0' }, 'process.oomScoreAdj', /got "0"$/],
  [{ umask: 0o1000 }, 'process.umask', /from 0 to 511/],
  [{ umask: -1 }, 'process.umask', /got -1$/],
  [{ umask: Number.NaN }, 'process.umask', /got NaN$/],
  [{ terminal: 1 }, 'process.terminal', /^expected a terminal, as a plain object, got 1$/],
  [{ terminal: { columns: 65_536 } }, 'process.terminal.columns', /from 0 to 65535/],
  [{ terminal: { rows: -1 } }, 'process.terminal.rows', /from 0 to 65535/],
  [{ terminal: { width: 80 } }, 'process.terminal.width', /no such key/],
]

it('refuses a wrong command', () => assertRefused(validateProcess, { args: ['/bin/true'] }, COMMAND))

it('refuses wrong rights', () => assertRefused(validateProcess, { args: ['/bin/true'] }, RIGHTS))

it('never shows the value of a variable', () => {
  const error = refusal(() => validateProcess({ args: ['a'], env: ['TOKEN=secret\0'] }))
  assert.doesNotMatch(error.detail(), /secret/)
})

it('refuses what is no object', () => {
  const error = refusal(() => validateProcess(['/bin/true']))
  assert.equal(error.message, 'Cannot use process: expected a process, as a plain object, got a list')
})

it('fills in the defaults', () => {
  assert.deepEqual(validateProcess({ args: ['true'] }), {
    args: ['true'],
    env: [],
    user: '',
    cwd: '/',
    umask: 0o022,
  })
})

it('keeps what was given, in our own form', () => {
  const given = {
    args: ['sh', '', 'ü'],
    env: ['A=1=2', 'A='],
    user: 'daemon:43',
    additionalGroups: ['audio', 43],
    cwd: '/a/../b/',
    oomScoreAdj: -1000,
    umask: 0,
    noNewPrivileges: false,
  }
  const process = validateProcess({
    ...given,
    capabilities: ['CAP_KILL'],
    rlimits: [{ type: 'CPU', soft: 1, hard: 2n }],
  })
  assert.deepEqual(process, {
    ...given,
    capabilities: {
      bounding: ['KILL'],
      effective: ['KILL'],
      permitted: ['KILL'],
      inheritable: [],
      ambient: [],
    },
    rlimits: [{ type: 'CPU', soft: 1n, hard: 2n }],
  })
})

it('knows the window of a terminal that nobody measured', () => {
  const terminal = (given: unknown) => validateProcess({ args: ['true'], terminal: given }).terminal
  assert.deepEqual(terminal(true), { columns: 80, rows: 24, onlcr: true })
  assert.deepEqual(terminal({ rows: 50, onlcr: false }), { columns: 80, rows: 50, onlcr: false })
  assert.deepEqual(terminal({ columns: 0, rows: 0 }), { columns: 0, rows: 0, onlcr: true })
  assert.equal(terminal(false), false)
})
