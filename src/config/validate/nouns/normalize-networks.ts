// Owns the check of network strategies: which keys each has, and what its keys say together.

import type { DeviceNetwork, Network, VethNetwork } from '../../network.ts'
import { listAt } from '../values/list-at.ts'
import { addressOf, cidrOf, interfaceNameAt, macAddressAt } from '../values/network-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { booleanAt, integerFrom, nameOf } from '../values/scalar-at.ts'

/** ETH_MIN_MTU and ETH_MAX_MTU; below IPV6_MIN_MTU an interface has no IPv6. */
const MIN_MTU = 68
const MAX_MTU = 65_535
const IPV6_MIN_MTU = 1280
const MAX_QUEUE_LENGTH = 0x7fffffff

const typeAt = nameOf(['loopback', 'veth', 'device'], 'a type of network')

type NetworkKeys = Omit<VethNetwork, 'type' | 'name'> & {
  readonly type: Network['type']
  readonly name?: string
}

const NETWORK: Shape<NetworkKeys> = {
  what: 'a network',
  readers: {
    type: typeAt,
    // What a name may be depends on the type.
    name: (value, at) => (typeof value === 'string' ? value : interfaceNameAt(value, at)),
    bridge: interfaceNameAt,
    hostInterfaceName: interfaceNameAt,
    macAddress: macAddressAt,
    mtu: integerFrom(MIN_MTU, MAX_MTU),
    txQueueLength: integerFrom(0, MAX_QUEUE_LENGTH),
    hairpin: booleanAt,
    address: cidrOf(4),
    ipv6Address: cidrOf(6),
    gateway: addressOf(4),
    ipv6Gateway: addressOf(6),
  },
  required: ['type'],
}

export function normalizeNetworks(value: unknown, at: string): readonly Network[] {
  const networks = listAt(value, at, normalizeNetwork)
  refuseRepeated(networks, at, 'name')
  refuseRepeated(networks, at, 'hostInterfaceName')
  return networks
}

function normalizeNetwork(value: unknown, at: string): Network {
  const network = recordAt(value, at, NETWORK)
  if (network.type === 'loopback') {
    refuseKeysBut(network, ['type'], at)
    return Object.freeze({ type: 'loopback' })
  }
  if (network.type === 'device') return normalizeDevice(network, at)
  const name = containerNameAt(network.name, `${at}.name`)
  const veth: VethNetwork = { ...network, type: 'veth', name }
  refuseContradictions(veth, at)
  return Object.freeze(veth)
}

function normalizeDevice(network: NetworkKeys, at: string): DeviceNetwork {
  refuseKeysBut(network, ['type', 'hostInterfaceName', 'name'], at)
  const { name } = network
  const hostInterfaceName = containerNameAt(network.hostInterfaceName, `${at}.hostInterfaceName`)
  // A pattern is a name with any number in it.
  if (name !== undefined) containerNameAt(name.replace('%d', '0'), `${at}.name`)
  return Object.freeze({ type: 'device', hostInterfaceName, ...(name !== undefined && { name }) })
}

function refuseKeysBut(network: NetworkKeys, keys: readonly string[], at: string): void {
  for (const key of Object.keys(network))
    if (!keys.includes(key))
      refuseField(`${at}.${key}`, `a network of the type ${network.type} has no such key`)
}

function refuseContradictions(veth: VethNetwork, at: string): void {
  if (veth.hairpin === true && veth.bridge === undefined) refuseField(`${at}.hairpin`, 'needs a bridge')
  if (veth.gateway !== undefined && veth.address === undefined)
    refuseField(`${at}.gateway`, 'needs an address to reach it from', 'give address')
  if (veth.ipv6Gateway !== undefined && veth.ipv6Address === undefined)
    refuseField(`${at}.ipv6Gateway`, 'needs an address to reach it from', 'give ipv6Address')
  if (veth.ipv6Address !== undefined && (veth.mtu ?? IPV6_MIN_MTU) < IPV6_MIN_MTU)
    refuseField(`${at}.mtu`, `an interface with an IPv6 address needs ${IPV6_MIN_MTU} bytes or more`)
}

function containerNameAt(value: unknown, at: string): string {
  const name = interfaceNameAt(value, at)
  if (name === 'lo') refuseField(at, 'every network namespace has its own "lo"')
  return name
}

function refuseRepeated(networks: readonly Network[], at: string, key: 'name' | 'hostInterfaceName'): void {
  const seen = new Map<string, number>()
  networks.forEach((network, index) => {
    const name = network.type === 'loopback' ? undefined : nameUnder(network, key)
    if (name === undefined || name.includes('%')) return
    const earlier = seen.get(name)
    if (earlier !== undefined)
      refuseField(`${at}[${index}].${key}`, `"${name}" was given before, by ${at}[${earlier}]`)
    seen.set(name, index)
  })
}

function nameUnder(
  network: VethNetwork | DeviceNetwork,
  key: 'name' | 'hostInterfaceName',
): string | undefined {
  return network.type === 'device' && key === 'name'
    ? (network.name ?? network.hostInterfaceName)
    : network[key]
}
