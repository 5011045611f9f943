// Owns the counters of a container's networks, read from the ends on the host: no process has to enter the container.

import { ERRNO } from '../abi/errno.ts'
import type { VethPair } from '../config/network.ts'
import type { Kernel } from '../system/kernel.ts'
import { systemError } from '../system/syscall.ts'
import { findHostInterface } from './host-interfaces.ts'
import type { LinkStats } from './netlink/link.ts'
import { Netlink } from './netlink/netlink.ts'

/** Counters of an interface of a container, as seen from inside: `rx` is what the container received. */
export interface NetworkStats extends LinkStats {
  /** In the container. */
  readonly name: string
  readonly hostInterfaceName: string
}

/** The counters of each pair. Loopback interfaces have none outside. @throws SystemError when an end is gone */
export function readNetworkStats(kernel: Kernel, pairs: readonly VethPair[]): readonly NetworkStats[] {
  if (pairs.length === 0) return []
  const netlink = Netlink.open(kernel)
  try {
    return pairs.map(({ network, host }) => {
      const link = findHostInterface(netlink, host)
      if (link !== null) return { name: network.name, hostInterfaceName: host.name, ...swap(link.stats) }
      const attempt = { action: 'read the counters of the network interface', object: host.name }
      throw systemError(-ERRNO.ENODEV, 'sendto', attempt)
    })
  } finally {
    netlink.close()
  }
}

// What the host's end sends is what the container receives.
function swap(host: LinkStats): LinkStats {
  return {
    rxBytes: host.txBytes,
    rxPackets: host.txPackets,
    rxErrors: host.txErrors,
    rxDropped: host.txDropped,
    txBytes: host.rxBytes,
    txPackets: host.rxPackets,
    txErrors: host.rxErrors,
    txDropped: host.rxDropped,
  }
}
