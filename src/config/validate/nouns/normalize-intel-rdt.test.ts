// Tests the check of shares of caches and memory bandwidth.

import { test } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const REFUSED: readonly Refused[] = [
  ...['..', '.', 'a/b', '/a', 'info', 'mon_groups', 'mon_data', 'a\nb'].map(
    (closId): Refused => [{ closId }, 'intelRdt.closId', /the name of a class of service/],
  ),
  [{ closId: '' }, 'intelRdt.closId', /not empty/],
  [{ l3CacheSchema: 'L3:0=f\nMB:0=1' }, 'intelRdt.l3CacheSchema', /one line/],
  [{ l3CacheSchema: 'MB:0=1' }, 'intelRdt.l3CacheSchema', /begins with L3/],
  [{ memBwSchema: '0=1' }, 'intelRdt.memBwSchema', /begins with MB:/],
  [{ schemata: ['L2:0=1', 'L3:0=1\n'] }, 'intelRdt.schemata[1]', /one line/],
  [{ enableMonitoring: 1 }, 'intelRdt.enableMonitoring', /true or false/],
  [{ closID: 'x' }, 'intelRdt.closID', /has no such key/],
]

test('a class of service that is none is refused with its field', () => {
  assertRefused((intelRdt) => validateConfig({ rootfs: '/r', intelRdt }), {}, REFUSED)
})
