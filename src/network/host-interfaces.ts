// Owns the names and addresses of the host's ends of veth networks: choosing them before anything is made, and knowing
// a container's own again. A name alone proves nothing: the end may be gone, and its name somebody else's.

import { formatMac } from '../config/mac-address.ts'
import type { HostInterface, Network, VethPair } from '../config/network.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked, syscall } from '../system/syscall.ts'
import type { Link } from './netlink/link.ts'
import type { Netlink } from './netlink/netlink.ts'

const RANDOM_BYTES = 5
/** Locally administered, and so high that a bridge, which takes the lowest of its ports', never takes it over. */
const FIRST_MAC_BYTE = 0xfe

/** The host's ends of the veth networks, in their order. */
export function chooseHostInterfaces(kernel: Kernel, networks: readonly Network[]): readonly HostInterface[] {
  return vethsOf(networks).map(({ hostInterfaceName }) => {
    const random = new Uint8Array(RANDOM_BYTES)
    checked(syscall(kernel, 'getrandom', random, random.length, 0), 'getrandom', { action: 'draw a number' })
    const unique = formatMac(random).replaceAll(':', '')
    return {
      name: hostInterfaceName ?? `veth${unique}`,
      macAddress: formatMac(Uint8Array.of(FIRST_MAC_BYTE, ...random)),
    }
  })
}

/** The veth networks with their ends on the host, as they were chosen. */
export function pairsOf(networks: readonly Network[], hosts: readonly HostInterface[]): readonly VethPair[] {
  return vethsOf(networks).flatMap((network, index) => {
    const host = hosts[index]
    return host === undefined ? [] : [{ network, host }]
  })
}

/** The link that has both the name and the address; null when there is none. @throws SystemError */
export function findHostInterface(netlink: Netlink, { name, macAddress }: HostInterface): Link | null {
  const link = netlink.link(name)
  return link?.macAddress === macAddress ? link : null
}

function vethsOf(networks: readonly Network[]) {
  return networks.filter((network) => network.type === 'veth')
}
