// Owns the golden cases of networks.

import { bare, type GoldenCase, sh } from './golden-case.ts'

export const NETWORK_CASES: readonly GoldenCase[] = [
  {
    name: 'networks',
    about: 'A veth pair over a bridge: the parent makes it, init gives its end addresses and routes.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }, { type: 'network' }],
      networks: [
        { type: 'loopback' },
        {
          type: 'veth',
          name: 'eth0',
          bridge: 'br0',
          address: '10.0.0.2/24',
          gateway: '10.0.0.1',
          ipv6Address: '2001:db8::2/64',
        },
      ],
      routes: [
        { destination: '10.1.0.0/16', source: '10.0.0.2', gateway: '10.0.0.9', interfaceName: 'eth0' },
      ],
    },
    process: sh,
    facts: { hostInterfaces: [{ name: 'veth0123456789', macAddress: 'fe:01:23:45:67:89' }] },
  },
  {
    name: 'moved-devices',
    about: 'Interfaces of the host: the parent moves them, init gives them back the addresses that they had.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }, { type: 'network' }],
      networks: [
        { type: 'device', hostInterfaceName: 'enp3s0', name: 'eth%d' },
        { type: 'device', hostInterfaceName: 'eth0' },
      ],
    },
    process: sh,
    facts: { movedAddresses: { 0: ['192.0.2.5/24', '2001:db8::5/64'], 1: [] } },
  },
]
