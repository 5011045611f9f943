// Owns the interface of the network driver: what a start and its undo need of it. Types only.

import type { HostInterface, VethPair } from '../config/network.ts'
import type { LinkNamespace } from './netlink/link.ts'

export interface NetworkDriver {
  /**
   * Makes a pair whose one end is on the host, up and, if asked, a port of a bridge, the other in a namespace, down
   * and without an address. `field` is the network's in the configuration.
   * @throws LibcontainerError ConfigInvalid when the bridge is none; SystemError: `deleteVeth` removes what was made
   */
  createVeth(pair: VethPair, namespace: LinkNamespace, field: string): void
  /** Removes the host's end of a pair, and so the other. Nothing there is no error. @throws SystemError */
  deleteVeth(host: HostInterface): void
  /**
   * Moves an interface of the caller's namespace into another one, where it is down and without addresses.
   * @throws SystemError: EEXIST when the name is taken there, EINVAL when it can't leave
   */
  moveDevice(from: string, to: string, namespace: LinkNamespace, field: string): void
}
