// Tests the rules of device nodes, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { DEFAULT_DEVICE_RULES, DEFAULT_DEVICES } from '../../defaults.ts'
import { validateConfig } from '../validate-config.ts'

const DEVICES: readonly Refused[] = [
  [
    { devices: [{ type: 'c', path: '/dev/x', major: 1 }] },
    'devices[0].minor',
    /^expected a device number, got nothing$/,
  ],
  [
    { devices: [{ type: 'b', path: '/dev/x', minor: 1 }] },
    'devices[0].major',
    /^expected a device number, got nothing$/,
  ],
  [{ devices: [{ type: 'u', path: '/dev/x' }] }, 'devices[0].type', /type of node \(c, b, p\)/],
  [{ devices: [{ type: 'p', path: '/dev/x', major: 1 }] }, 'devices[0].major', /FIFO/],
  [{ devices: [{ type: 'c', path: 'dev/x', major: 1, minor: 1 }] }, 'devices[0].path', /absolute/],
  [{ devices: [{ type: 'c', path: '/', major: 1, minor: 1 }] }, 'devices[0].path', /below the root/],
  [{ devices: [{ type: 'c', path: '/dev/x', major: 4096, minor: 1 }] }, 'devices[0].major', /from 0 to 4095/],
  [
    { devices: [{ type: 'c', path: '/dev/x', major: 1, minor: 1048576 }] },
    'devices[0].minor',
    /from 0 to 1048575/,
  ],
  [{ devices: [{ type: 'p', path: '/dev/x', fileMode: 0o1000 }] }, 'devices[0].fileMode', /from 0 to 511/],
  [{ devices: [{ type: 'p', path: '/dev/x', uid: 2 ** 31 }] }, 'devices[0].uid', /from 0 to 2147483647/],
  [{ devices: [{ type: 'p', path: '/dev/x', gid: -1 }] }, 'devices[0].gid', /got -1/],
  [{ devices: DEFAULT_DEVICE_RULES }, 'devices[0].allow', /a device has no such key/],
  [
    { devices: [...DEFAULT_DEVICES, { type: 'p', path: '/dev/null' }] },
    'devices[6].path',
    /given before, by devices\[0\]/,
  ],
]

it('refuses: devices', () => assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, DEVICES))
