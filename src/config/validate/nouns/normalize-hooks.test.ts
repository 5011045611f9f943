// Tests the rules of hooks and of commands around mounts, one case a rule.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const hook = (patch: object) => ({ hooks: { prestart: [{ path: '/bin/true' }, { path: '/a', ...patch }] } })
const command = (patch: object) => ({
  mounts: [{ type: 'tmpfs', destination: '/tmp', premountCommands: [{ path: 'touch', ...patch }] }],
})

const HOOKS: readonly Refused[] = [
  [{ hooks: [] }, 'hooks', /a set of hooks, as a plain object/],
  [{ hooks: { prestat: [] } }, 'hooks.prestat', /a set of hooks has no such key/],
  [{ hooks: { poststop: {} } }, 'hooks.poststop', /a list/],
  [{ hooks: { poststop: [{}] } }, 'hooks.poststop[0].path', /an absolute path, got nothing/],
  [hook({ path: 'true' }), 'hooks.prestart[1].path', /an absolute path/],
  [hook({ path: '/a\0b' }), 'hooks.prestart[1].path', /NUL/],
  [hook({ args: [] }), 'hooks.prestart[1].args', /got an empty list/],
  [hook({ env: ['A'] }), 'hooks.prestart[1].env[0]', /no "="/],
  [hook({ timeoutMs: 0 }), 'hooks.prestart[1].timeoutMs', /an integer from 1 to 2147483647/],
  [hook({ timeoutMs: 1.5 }), 'hooks.prestart[1].timeoutMs', /an integer/],
  [hook({ timeoutMs: 2 ** 31 }), 'hooks.prestart[1].timeoutMs', /an integer/],
  [hook({ dir: '/' }), 'hooks.prestart[1].dir', /a hook has no such key/],
  [command({ path: '' }), 'mounts[0].premountCommands[0].path', /got ""/],
  [
    command({ path: '../x' }),
    'mounts[0].premountCommands[0].path',
    /^expected an absolute path, got "..\/x"$/,
  ],
  [command({ path: 'bin/x' }), 'mounts[0].premountCommands[0].path', /an absolute path/],
  [command({ dir: 'here' }), 'mounts[0].premountCommands[0].dir', /an absolute path/],
]

it('refuses: hooks', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, HOOKS))

it('takes a copy that nobody can change', () => {
  const hooks = { startContainer: [{ path: '/a', args: ['a'], env: ['A=1'], timeoutMs: 5 }] }
  const valid = validateConfig({ rootfs: '/srv', ...hook({}), hooks })
  assert.deepEqual(valid.hooks, hooks)
  assert.ok(Object.isFrozen(valid.hooks?.startContainer?.[0]?.args))
})
