// Tests what labels say as text, and which paths keep theirs.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeSelinuxLabels, parsePolicyContexts } from './container-labels.ts'
import { labelledOptions, splitOptions } from './mount-options.ts'
import { isProtectedPath } from './protected-paths.ts'
import { formatSelinuxContext, parseSelinuxContext, sharedFileContext } from './selinux-context.ts'

const FILE = 'system_u:object_r:svirt_sandbox_file_t:s0:c1,c15'

it('reads a context, whose level keeps its colons, and writes it back', () => {
  assert.deepEqual(parseSelinuxContext(FILE), {
    user: 'system_u',
    role: 'object_r',
    type: 'svirt_sandbox_file_t',
    level: 's0:c1,c15',
  })
  for (const label of [FILE, 'u:r:t', 'u:r:t:s0-s0:c0.c1023']) {
    const context = parseSelinuxContext(label)
    assert.ok(context !== null)
    assert.equal(formatSelinuxContext(context), label)
  }
  for (const none of ['', 'kernel', 'u:r', 'u:r:', ':r:t', 'u:r:t:', 'u:r:t t', 'u:"r":t'])
    assert.equal(parseSelinuxContext(none), null)
})

it('takes the categories from what is shared', () => {
  assert.equal(sharedFileContext(FILE), 'system_u:object_r:svirt_sandbox_file_t:s0')
  assert.equal(sharedFileContext('u:object_r:t'), 'u:object_r:t')
})

it('puts the label among the options, and finds it there again', () => {
  assert.equal(labelledOptions('tmpfs', '', FILE), `context="${FILE}"`)
  assert.equal(labelledOptions('tmpfs', 'size=1m', undefined), 'size=1m')
  for (const type of ['proc', 'sysfs', 'mqueue']) assert.equal(labelledOptions(type, 'x=1', FILE), 'x=1')
  assert.deepEqual(splitOptions(labelledOptions('tmpfs', 'size=1m,noswap', FILE)), [
    ['size', '1m'],
    ['noswap', null],
    ['context', FILE],
  ])
  assert.deepEqual(splitOptions('rootcontext="a:b:c:s0:c1,c2",,mode="755",context=a:b:c'), [
    ['rootcontext', 'a:b:c:s0:c1,c2'],
    ['mode', '"755"'],
    ['context', 'a:b:c'],
  ])
  assert.deepEqual(splitOptions(''), [])
})

it('knows what belongs to the system', () => {
  for (const path of [
    '/',
    '/usr',
    '/usr/local/share',
    '/etc',
    '/etc/passwd',
    '/home',
    '/root',
    '/proc/1',
    '/dev',
  ])
    assert.ok(isProtectedPath(path), path)
  for (const path of ['/srv/data', '/home/alice', '/usrlocal', '/etc/app', '/var/lib/app', '/procfoo'])
    assert.ok(!isProtectedPath(path), path)
})

const POLICY = `# contexts of containers
process = "system_u:system_r:svirt_lxc_net_t:s0"
; content is for others
content = "system_u:object_r:virt_var_lib_t:s0"
file = system_u:object_r:svirt_sandbox_file_t:s0
`

it('makes the labels of a container of what the policy says and what is asked for', () => {
  const policy = parsePolicyContexts(POLICY)
  assert.ok(policy !== null)
  const asked = { user: 'user_u', role: 'user_r', type: 'user_t', level: 's0:c1,c15' }
  assert.deepEqual(makeSelinuxLabels(policy, asked), {
    selinuxLabel: 'user_u:user_r:user_t:s0:c1,c15',
    mountLabel: 'user_u:object_r:svirt_sandbox_file_t:s0:c1,c15',
  })
  assert.deepEqual(makeSelinuxLabels(policy, {}), {
    selinuxLabel: 'system_u:system_r:svirt_lxc_net_t:s0',
    mountLabel: 'system_u:object_r:svirt_sandbox_file_t:s0',
  })
  for (const text of ['', 'process = "a:b:c"', POLICY.replace('file =', '#file =')])
    assert.equal(parsePolicyContexts(text), null)
})

it('makes the labels of another container from those of one', () => {
  const policy = parsePolicyContexts(POLICY)
  const first = 'user_u:user_r:user_t:s0:c1,c15'
  const context = parseSelinuxContext(first)
  assert.ok(policy !== null && context !== null)
  assert.equal(makeSelinuxLabels(policy, context).selinuxLabel, first)
})
