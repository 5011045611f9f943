// Tests which networks pass, and in which words the others are refused.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import type { Network } from '../../network.ts'
import { validateConfig } from '../validate-config.ts'

const rootfs = '/srv/rootfs'
const full = {
  type: 'veth',
  name: 'eth0',
  bridge: 'br0',
  hostInterfaceName: 'fifteen_bytes_x',
  macAddress: '02:42:AC:11:00:02',
  mtu: 1500,
  txQueueLength: 0,
  hairpin: true,
  address: '172.17.0.101/16',
  gateway: '172.17.42.1',
  ipv6Address: '2001:db8::2/64',
  ipv6Gateway: 'fe80::1',
} as const

it('takes every key as it is', () => {
  const networks: readonly Network[] = [{ type: 'loopback' }, full, { type: 'veth', name: 'bare' }]
  assert.deepEqual(validateConfig({ rootfs, networks }).networks, networks)
})

const veth = (patch: object): object => ({ networks: [{ type: 'veth', name: 'eth0', ...patch }] })
const at = (key: string): string => `networks[0].${key}`

const KEYS: readonly Refused[] = [
  [{ networks: [{ type: 'veth' }] }, at('name'), /^expected the name of a network interface/],
  [veth({ name: 'sixteen_bytes_xx' }), at('name'), /1 to 15 printable ASCII characters/],
  [veth({ name: 'lo' }), at('name'), /has its own "lo"/],
  [veth({ name: 'a/b' }), at('name'), /^expected the name/],
  [veth({ name: 'a\0b' }), at('name'), /^expected the name/],
  [veth({ bridge: '' }), at('bridge'), /^expected the name/],
  [veth({ hostInterfaceName: 'eth%d' }), at('hostInterfaceName'), /^expected the name/],
  [veth({ macAddress: '02:42:ac:11:00' }), at('macAddress'), /^expected a MAC address/],
  [veth({ macAddress: '03:42:ac:11:00:02' }), at('macAddress'), /address of a group, or zero/],
  [veth({ macAddress: '00:00:00:00:00:00' }), at('macAddress'), /address of a group, or zero/],
  [veth({ mtu: 67 }), at('mtu'), /^expected an integer from 68 to 65535, got 67$/],
  [veth({ mtu: 65536 }), at('mtu'), /^expected an integer/],
  [veth({ txQueueLength: -1 }), at('txQueueLength'), /^expected an integer from 0/],
  [veth({ hairpin: 1 }), at('hairpin'), /^expected true or false/],
  [veth({ address: '10.0.0.1' }), at('address'), /^expected an IPv4 address with its prefix length/],
  [veth({ address: '2001:db8::1/64' }), at('address'), /^expected an IPv4/],
  [veth({ address: '010.0.0.1/8' }), at('address'), /^expected an IPv4/],
  [veth({ ipv6Address: '10.0.0.1/8' }), at('ipv6Address'), /^expected an IPv6 .* such as "2001:db8::1\/64"/],
  [veth({ gateway: '10.0.0.1/8', address: '10.0.0.2/8' }), at('gateway'), /IPv4 address without a prefix/],
  [veth({ ipv6Gateway: 'x' }), at('ipv6Gateway'), /^expected an IPv6 address without/],
  [veth({ mode: 'x' }), at('mode'), /^a network has no such key/],
  [{ networks: [{ type: 'device' }] }, at('hostInterfaceName'), /got nothing/],
  [{ networks: [{ type: 'device', hostInterfaceName: 'lo' }] }, at('hostInterfaceName'), /its own "lo"/],
  [
    { networks: [{ type: 'device', hostInterfaceName: 'a', mtu: 1500 }] },
    at('mtu'),
    /type device has no such key/,
  ],
  [{ networks: [{ type: 'device', hostInterfaceName: 'a', name: 'a%s' }] }, at('name'), /interface/],
  [{ networks: [{ type: 'device', hostInterfaceName: 'a', name: 'a%d%d' }] }, at('name'), /interface/],
  [
    {
      networks: [
        { type: 'veth', name: 'b' },
        { type: 'device', hostInterfaceName: 'b' },
      ],
    },
    'networks[1].name',
    /"b" was given before/,
  ],
  [
    {
      namespaces: [{ type: 'network', path: '/proc/1/ns/net' }],
      networks: [{ type: 'device', hostInterfaceName: 'b', name: 'b%d' }],
    },
    at('name'),
    /a pattern needs a new network namespace/,
  ],
  [{ networks: [{ type: 'loopback', address: '127.0.0.1/8' }] }, at('address'), /loopback has no such key/],
]

const TOGETHER: readonly Refused[] = [
  [veth({ hairpin: true }), at('hairpin'), /^needs a bridge$/],
  [veth({ gateway: '10.0.0.1' }), at('gateway'), /^needs an address/],
  [veth({ ipv6Gateway: '::1', address: '10.0.0.2/8' }), at('ipv6Gateway'), /^needs an address/],
  [veth({ ipv6Address: '::1/64', mtu: 1279 }), at('mtu'), /needs 1280 bytes or more/],
  [{ networks: [full, { ...full, hostInterfaceName: 'x' }] }, 'networks[1].name', /"eth0" was given before/],
  [
    { networks: [full, { ...full, name: 'x' }] },
    'networks[1].hostInterfaceName',
    /given before, by networks\[0\]/,
  ],
  [{ ...veth({}), namespaces: [{ type: 'mount' }] }, 'networks', /^needs a namespace of the type "network"/],
  [
    {
      ...veth({}),
      namespaces: [{ type: 'mount' }, { type: 'user', path: '/proc/9/ns/user' }, { type: 'network' }],
    },
    'networks[0]',
    /is made too late for it/,
  ],
]

it('refuses: keys of networks', () => assertRefused(validateConfig, { rootfs }, KEYS))

it('refuses: what networks say together', () => assertRefused(validateConfig, { rootfs }, TOGETHER))
