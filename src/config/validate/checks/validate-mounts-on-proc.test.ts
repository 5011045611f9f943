// Tests what may be mounted on /proc, by its text.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const bind = { type: 'bind', source: '/srv', destination: '/data' }

const MOUNTS_ON__PROC: readonly Refused[] = [
  [{ mounts: [{ type: 'tmpfs', destination: '/proc' }] }, 'mounts[0].destination', /^only procfs/],
  [{ mounts: [{ ...bind, destination: '/proc' }] }, 'mounts[0].destination', /^only procfs/],
  [
    { mounts: [{ ...bind, destination: '/proc/sys' }] },
    'mounts[0].destination',
    /^nothing may cover "\/proc\/sys"$/,
  ],
  [{ mounts: [{ ...bind, destination: '/proc/self/attr' }] }, 'mounts[0].destination', /^nothing may cover/],
]

it('refuses: mounts on /proc', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, MOUNTS_ON__PROC))

it('takes mounts beside /proc', () => {
  const destinations = ['/sys/fs/cgroup', '/procx', '/x/proc', '/data']
  const mounts = destinations.map((destination) => ({ ...bind, destination }))
  const valid = validateConfig({
    rootfs: '/srv/rootfs',
    mounts: [{ type: 'proc', destination: '/proc' }, ...mounts],
  })
  assert.deepEqual(
    valid.mounts.map(({ destination }) => destination),
    ['/proc', ...destinations],
  )
})
