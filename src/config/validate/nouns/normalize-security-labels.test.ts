// Tests what labels may be by their text, and what they need.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'
import { validateProcess } from '../validate-process.ts'

const CONTEXT = 'system_u:system_r:container_t:s0:c1,c2'
const bind = { type: 'bind', source: '/srv', destination: '/data' }

const LABELS: readonly Refused[] = [
  [{ apparmorProfile: '' }, 'apparmorProfile', /not empty/],
  [{ apparmorProfile: 5 }, 'apparmorProfile', /a string/],
  [{ apparmorProfile: 'a\nexec b' }, 'apparmorProfile', /AppArmor profile/],
  [{ apparmorProfile: ' a' }, 'apparmorProfile', /AppArmor profile/],
  [{ apparmorProfile: 'x'.repeat(2000) }, 'apparmorProfile', /so long/],
  [{ selinuxLabel: 'container_t' }, 'selinuxLabel', /an SELinux context such as/],
  [{ selinuxLabel: 'u:r:t:' }, 'selinuxLabel', /an SELinux context/],
  [{ selinuxLabel: 'u:r:t:s0 x' }, 'selinuxLabel', /an SELinux context/],
  [{ mountLabel: 'u:r:t",nodev' }, 'mountLabel', /an SELinux context/],
  [{ mounts: [{ ...bind, relabel: 'shared' }] }, 'mounts[0].relabel', /^there is no label to give$/],
  [{ mountLabel: CONTEXT, mounts: [{ ...bind, relabel: 'z' }] }, 'mounts[0].relabel', /shared, private/],
  [
    { mountLabel: CONTEXT, mounts: [{ type: 'tmpfs', destination: '/t', relabel: 'shared' }] },
    'mounts[0].relabel',
    /^only a bind mount/,
  ],
]

it('refuses: labels of a configuration', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, LABELS))

it('refuses: labels of a process', () => {
  assertRefused(
    validateProcess,
    { args: ['a'] },
    LABELS.filter(([, field]) => !field.startsWith('mount')).map(
      ([patch, field, reason]): Refused => [patch, `process.${field}`, reason],
    ),
  )
})

it('accepts labels as the kernel spells them', () => {
  for (const apparmorProfile of [
    'docker-default',
    'unconfined',
    ':ns:profile',
    '/usr/bin/my program',
    'a//&b',
  ])
    assert.equal(validateProcess({ args: ['a'], apparmorProfile }).apparmorProfile, apparmorProfile)
  for (const selinuxLabel of [CONTEXT, 'u:r:t', 'u:r:t:s0-s0:c0.c1023'])
    assert.equal(validateProcess({ args: ['a'], selinuxLabel }).selinuxLabel, selinuxLabel)
  validateConfig({ rootfs: '/x', mountLabel: CONTEXT, mounts: [{ ...bind, relabel: 'private' }] })
})
