// Owns how networks and routes of 2015 become ours: '' and 0 are unset.

import type { Network, Route } from '../config/network.ts'
import { refuseValue } from '../config/validate/values/refuse.ts'
import type { Network2015, Route2015 } from './config-2015.ts'

export function convertNetworks(networks: readonly Network2015[]): readonly Network[] {
  return networks.map((network, index) => {
    // Its address and gateway are in every template, and were never used.
    if (network.type === 'loopback') return { type: 'loopback' }
    if (network.type !== 'veth') refuseValue(`networks[${index}].type`, 'loopback or veth', network.type)
    return convertVeth(network)
  })
}

function convertVeth(network: Network2015): Network {
  const { bridge, mac_address, address, gateway, ipv6_address, ipv6_gateway, host_interface_name } = network
  return {
    type: 'veth',
    name: network.name ?? '',
    ...(bridge && { bridge }),
    ...(host_interface_name && { hostInterfaceName: host_interface_name }),
    ...(mac_address && { macAddress: mac_address }),
    ...(network.mtu && { mtu: network.mtu }),
    ...(network.txqueuelen && { txQueueLength: network.txqueuelen }),
    ...(network.hairpin_mode && { hairpin: true }),
    ...(address && { address }),
    ...(gateway && { gateway }),
    ...(ipv6_address && { ipv6Address: ipv6_address }),
    ...(ipv6_gateway && { ipv6Gateway: ipv6_gateway }),
  }
}

export function convertRoutes(routes: readonly Route2015[]): readonly Route[] {
  return routes.map(({ destination, source, gateway, interface_name = '' }) => ({
    ...(destination && { destination }),
    ...(source && { source }),
    ...(gateway && { gateway }),
    interfaceName: interface_name,
  }))
}
