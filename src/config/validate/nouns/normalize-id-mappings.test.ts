// Tests the rules of user namespaces and their mappings, one case a rule.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { validateConfig } from '../validate-config.ts'

const row = (containerId: number, hostId: number, size: number) => ({ containerId, hostId, size })
const user = { type: 'user' }
const maps = { uidMappings: [row(0, 1000, 1)], gidMappings: [row(0, 1000, 1)] }

const USER_NAMESPACES: readonly Refused[] = [
  [{ namespaces: [user] }, 'uidMappings', /^a new user namespace needs its id 0 mapped$/],
  [{ namespaces: [user], uidMappings: [] }, 'uidMappings', /id 0/],
  [{ namespaces: [user], uidMappings: maps.uidMappings }, 'gidMappings', /id 0/],
  [{ namespaces: [user], ...maps, uidMappings: [row(1, 1000, 5)] }, 'uidMappings', /id 0/],
  [
    { namespaces: [{ type: 'user', path: '/proc/1/ns/user' }], ...maps },
    'uidMappings',
    /^the user namespace is joined/,
  ],
  [
    { uidMappings: [row(0, 0, 0)] },
    'uidMappings[0].size',
    /^expected an integer from 1 to 4294967295, got 0$/,
  ],
  [{ uidMappings: [row(-1, 0, 1)] }, 'uidMappings[0].containerId', /from 0 to 4294967294, got -1$/],
  [{ uidMappings: [row(0, 2 ** 32 - 1, 1)] }, 'uidMappings[0].hostId', /got 4294967295$/],
  [
    { uidMappings: [row(1, 0, 2 ** 32 - 1)] },
    'uidMappings[0].size',
    /^expected at most 4294967294 ids, .*, got 4294967295$/,
  ],
  [{ gidMappings: [row(0, 1.5, 1)] }, 'gidMappings[0].hostId', /got 1.5$/],
  [
    { gidMappings: [row(0, 0, 5), row(4, 100, 1)] },
    'gidMappings[1].containerId',
    /^4 is mapped already, by gidMappings\[0\]$/,
  ],
  [
    { gidMappings: [row(9, 100, 1), row(0, 96, 5)] },
    'gidMappings[0].hostId',
    /^100 is mapped already, by gidMappings\[1\]$/,
  ],
  [{ uidMappings: [{ containerId: 0, hostId: 0 }] }, 'uidMappings[0].size', /got nothing$/],
  [
    { uidMappings: Array.from({ length: 341 }, (_, index) => row(index, index, 1)) },
    'uidMappings',
    /^the kernel takes 340 rows, and these are 341$/,
  ],
  [
    {
      namespaces: [user, { type: 'mount' }],
      ...maps,
      mounts: [{ type: 'devpts', destination: '/d', data: 'mode=620,gid=5' }],
    },
    'mounts[0].data',
    /^gid 5 is not mapped/,
  ],
]

it('refuses: user namespaces', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, USER_NAMESPACES))
