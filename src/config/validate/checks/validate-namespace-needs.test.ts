// Tests what needs a namespace, and that the order is that of the original.

import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { DEFAULT_DEVICES } from '../../defaults.ts'
import { validateConfig } from '../validate-config.ts'

const row = (containerId: number, hostId: number, size: number) => ({ containerId, hostId, size })
const bind = { type: 'bind', source: '/srv', destination: '/data' }

const WHAT_NEEDS_A_NAMESPACE: readonly Refused[] = [
  [
    { namespaces: [], networks: [{ type: 'loopback' }] },
    'networks',
    /^needs a namespace of the type "network"/,
  ],
  [
    { namespaces: [], routes: [{ gateway: '::1', interfaceName: 'x' }] },
    'routes',
    /^needs a namespace of the type "network"/,
  ],
  [{ namespaces: [], hostname: 'x' }, 'hostname', /^needs a namespace of the type "uts"/],
  [{ namespaces: [], domainname: 'x' }, 'domainname', /^needs a namespace of the type "uts"/],
  [{ namespaces: [], maskedPaths: ['/x'] }, 'maskedPaths', /^needs a namespace of the type "mount"/],
  [{ namespaces: [], readonlyPaths: ['/x'] }, 'readonlyPaths', /^needs a namespace of the type "mount"/],
  [{ uidMappings: [row(0, 0, 1)] }, 'uidMappings', /^needs a namespace of the type "user"/],
  [{ gidMappings: [row(0, 0, 1)] }, 'gidMappings', /^needs a namespace of the type "user"/],
  [{ timeOffsets: { monotonic: { seconds: 1n } } }, 'timeOffsets', /^needs a namespace of the type "time"/],
  [{ namespaces: [], mounts: [bind] }, 'mounts', /^needs a namespace of the type "mount"/],
  [{ namespaces: [], devices: DEFAULT_DEVICES }, 'devices', /^needs a namespace of the type "mount"/],
  [{ namespaces: [], readonlyRootfs: true }, 'readonlyRootfs', /^needs a namespace of the type "mount"/],
  [
    { namespaces: [], rootfsPropagation: 'slave' },
    'rootfsPropagation',
    /^needs a namespace of the type "mount"/,
  ],
  [{ namespaces: [], noPivotRoot: true }, 'noPivotRoot', /^needs a namespace of the type "mount"/],
]

const THE_ORDER_OF_THE_ORIGINAL: readonly Refused[] = [
  [{ rootfs: '/x/', namespaces: [], networks: [{ type: 'loopback' }] }, 'rootfs', /clean/],
  [{ namespaces: [], networks: [{ type: 'loopback' }], hostname: 'x' }, 'networks', /network/],
  [{ namespaces: [], hostname: 'x', maskedPaths: ['/x'] }, 'hostname', /uts/],
  [{ namespaces: [], maskedPaths: ['/x'], uidMappings: [row(0, 0, 1)] }, 'maskedPaths', /mount/],
]

it('refuses: what needs a namespace', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, WHAT_NEEDS_A_NAMESPACE))

it('refuses: the order of the original', () =>
  assertRefused(validateConfig, { rootfs: '/srv/rootfs' }, THE_ORDER_OF_THE_ORIGINAL))
