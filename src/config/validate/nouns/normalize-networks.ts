// Owns the check of network strategies: which keys each has, and what its keys say together.

import type { Network, VethNetwork } from '../../network.ts'
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

const typeAt = nameOf(['loopback', 'veth'], 'a type of network')

type NetworkKeys = Omit<VethNetwork, 'type' | 'name'> & {
  readonly type: Network['type']
  readonly name?: string
}

const NETWORK: Shape<NetworkKeys> = {
  what: 'a network',
  readers: {
    type: typeAt,
    name: containerNameAt,
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
    for (const key of Object.keys(network)) {
      if (key !== 'type') refuseField(`${at}.${key}`, 'a network of the type loopback has no such key')
    }
    return Object.freeze({ type: 'loopback' })
  }
  const name = network.name ?? containerNameAt(undefined, `${at}.name`)
  const veth: VethNetwork = { ...network, type: 'veth', name }
  refuseContradictions(veth, at)
  return Object.freeze(veth)
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
    const name = network.type === 'veth' ? network[key] : undefined
    if (name === undefined) return
    const earlier = seen.get(name)
    if (earlier !== undefined)
      refuseField(`${at}[${index}].${key}`, `"${name}" was given before, by ${at}[${earlier}]`)
    seen.set(name, index)
  })
}
