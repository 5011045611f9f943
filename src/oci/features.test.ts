// Tests that the features document tells what the conversion does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specFeatures } from './features.ts'

test('what is applied is a feature, and what is refused is none', () => {
  const { hooks, mountOptions, linux, ociVersionMax } = specFeatures()
  assert.equal(ociVersionMax, '1.3.0')
  assert.deepEqual(hooks.length, 6)
  for (const option of [
    'ro',
    'rro',
    'bind',
    'rbind',
    'remount',
    'tmpcopyup',
    'idmap',
    'sync',
    'runbindable',
    'defaults',
  ])
    assert.ok(mountOptions.includes(option), option)
  // A warning says that it is left out.
  assert.ok(!mountOptions.includes('iversion'))
  assert.deepEqual([...mountOptions].sort(), mountOptions)
  const { namespaces, capabilities, seccomp, apparmor, memoryPolicy, intelRdt } = linux
  assert.equal(namespaces.length, 8)
  assert.ok(capabilities.includes('CAP_CHECKPOINT_RESTORE'))
  assert.ok(seccomp.actions.includes('SCMP_ACT_ERRNO') && seccomp.operators.length === 7)
  assert.deepEqual(intelRdt, { enabled: true, schemata: true, monitoring: true })
  assert.ok(apparmor.enabled && memoryPolicy.modes.includes('MPOL_BIND'))
})
