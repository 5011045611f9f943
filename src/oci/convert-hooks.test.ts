// Tests of the hooks of config.json: every field, the units, and what an encoder writes for nothing.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isLibcontainerError } from '../errors.ts'
import { convertSpec } from './convert-spec.ts'

const convert = (hooks: unknown) =>
  convertSpec(
    { ociVersion: '1.0.0', root: { path: 'rootfs' }, process: { args: ['a'], cwd: '/' }, hooks },
    '/bundle',
  ).config.hooks

it('keeps every list, and gives time limits in milliseconds', () => {
  const hook = { path: '/bin/hook', args: ['hook', 'now'], env: ['A=1'] }
  const kinds = ['prestart', 'createRuntime', 'createContainer', 'startContainer', 'poststart', 'poststop']
  const given = Object.fromEntries(kinds.map((kind, n) => [kind, [{ ...hook, timeout: n + 1 }]]))
  const expected = Object.fromEntries(
    kinds.map((kind, n) => [kind, [{ ...hook, timeoutMs: (n + 1) * 1000 }]]),
  )
  assert.deepEqual(convert(given), expected)
})

it('takes nothing for nothing', () => {
  for (const nothing of [undefined, null, {}, { prestart: null }, { prestart: [], poststop: [] }])
    assert.equal(convert(nothing), undefined, JSON.stringify(nothing))
  assert.deepEqual(convert({ prestart: [{ path: '/x', args: [], env: null, timeout: null }] }), {
    prestart: [{ path: '/x' }],
  })
})

it('refuses what is no hook, with its field', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    [{ prestart: {} }, 'hooks.prestart'],
    [{ poststart: [{}] }, 'hooks.poststart[0].path'],
    [{ poststart: [{ path: '/a' }, { path: 'b' }] }, 'hooks.poststart[1].path'],
    [{ poststop: [{ path: '/a', timeout: 0 }] }, 'hooks.poststop[0].timeout'],
    [{ poststop: [{ path: '/a', timeout: -1 }] }, 'hooks.poststop[0].timeout'],
    [{ poststop: [{ path: '/a', env: ['A'] }] }, 'hooks.poststop[0].env[0]'],
    [{ poststop: [{ path: '/a', args: [1] }] }, 'hooks.poststop[0].args[0]'],
  ]
  for (const [hooks, field] of wrong)
    assert.throws(
      () => convert(hooks),
      (error) => isLibcontainerError(error) && error.code === 'ConfigInvalid' && error.field === field,
    )
})
