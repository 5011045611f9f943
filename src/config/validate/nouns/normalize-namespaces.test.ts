// Tests the rules of namespaces and their clocks, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const NAMESPACES: readonly Refused[] = [
  [{ namespaces: { type: 'pid' } }, 'namespaces', /^expected a list, got an object$/],
  [{ namespaces: ['pid'] }, 'namespaces[0]', /^expected a namespace, as a plain object, got "pid"$/],
  [{ namespaces: [{}] }, 'namespaces[0].type', /got nothing$/],
  [
    { namespaces: [{ type: 'net' }] },
    'namespaces[0].type',
    /^expected a type of namespace \(mount, .*, got "net"$/,
  ],
  [
    { namespaces: [{ type: 'pid' }, { type: 'pid' }] },
    'namespaces[1].type',
    /"pid" was given before, by namespaces\[0\]/,
  ],
  [{ namespaces: [{ type: 'pid', path: 'ns' }] }, 'namespaces[0].path', /absolute path/],
  [{ namespaces: [{ type: 'pid', path: '' }] }, 'namespaces[0].path', /absolute path/],
  [{ namespaces: [{ type: 'pid', paths: '/x' }] }, 'namespaces[0].paths', /a namespace has no such key/],
  [{ namespaces: new Array(3) }, 'namespaces[0]', /got nothing$/],
]

const TIME_NAMESPACES: readonly Refused[] = [
  [{ timeOffsets: { monotonic: { seconds: 1 } } }, 'timeOffsets.monotonic.seconds', /bigint .*, got 1$/],
  [{ timeOffsets: { boottime: {} } }, 'timeOffsets.boottime.seconds', /got nothing$/],
  [
    { timeOffsets: { boottime: { seconds: 9223372037n } } },
    'timeOffsets.boottime.seconds',
    /got 9223372037n$/,
  ],
  [
    { timeOffsets: { boottime: { seconds: 0n, nanoseconds: 1e9 } } },
    'timeOffsets.boottime.nanoseconds',
    /999999999/,
  ],
  [{ timeOffsets: { realtime: { seconds: 0n } } }, 'timeOffsets.realtime', /no such key/],
  [
    { namespaces: [{ type: 'time', path: '/proc/1/ns/time' }], timeOffsets: { boottime: { seconds: 1n } } },
    'timeOffsets',
    /joined/,
  ],
]

it('refuses: namespaces', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, NAMESPACES))

it('refuses: time namespaces', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, TIME_NAMESPACES))
