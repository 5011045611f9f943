// Owns making and removing veth pairs for containers, on the host's side. No thread of ours enters a namespace: the
// kernel makes the other end where it belongs, with its final name, in the same request.

import { ERRNO, errnoName } from '../abi/errno.ts'
import type { HostInterface, VethPair } from '../config/network.ts'
import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import type { NetworkDriver } from './driver.ts'
import { findHostInterface } from './host-interfaces.ts'
import type { LinkNamespace, LinkSettings, NewLink } from './netlink/link.ts'
import { Netlink } from './netlink/netlink.ts'

export function createNetworkDriver(kernel: Kernel): NetworkDriver {
  const use = (work: (netlink: Netlink) => void): void => {
    const netlink = Netlink.open(kernel)
    try {
      work(netlink)
    } finally {
      netlink.close()
    }
  }
  return {
    createVeth: (pair, namespace, field) => use((netlink) => createVeth(netlink, pair, namespace, field)),
    deleteVeth: (host) => use((netlink) => deleteVeth(netlink, host)),
    moveDevice: (from, to, namespace, field) =>
      use((netlink) => withField(field, () => netlink.changeLink(from, { name: to, namespace }))),
  }
}

function createVeth(netlink: Netlink, pair: VethPair, namespace: LinkNamespace, field: string): void {
  const { network, host } = pair
  const { bridge, macAddress, mtu, txQueueLength } = network
  if (bridge !== undefined) requireBridge(netlink, bridge, field)
  const both: LinkSettings = {
    ...(mtu === undefined ? {} : { mtu }),
    ...(txQueueLength === undefined ? {} : { txQueueLength }),
  }
  const peer = { ...both, name: network.name, namespace, ...(macAddress === undefined ? {} : { macAddress }) }
  // That of an earlier start may not be gone yet: the kernel removes it some time after the namespace.
  deleteVeth(netlink, host)
  withField(field, () => {
    const link: NewLink = {
      ...both,
      ...host,
      kind: 'veth',
      up: true,
      peer,
      ...(bridge === undefined ? {} : { master: bridge }),
    }
    netlink.addLink(link)
  })
  if (network.hairpin === true) withField(`${field}.hairpin`, () => netlink.setHairpin(host.name, true))
}

function deleteVeth(netlink: Netlink, host: HostInterface): void {
  if (findHostInterface(netlink, host) === null) return
  try {
    netlink.deleteLink(host.name)
  } catch (error) {
    // The kernel removes it by itself when the container's end of it goes.
    if (!isLibcontainerError(error) || error.errno !== errnoName(ERRNO.ENODEV)) throw error
  }
}

function requireBridge(netlink: Netlink, bridge: string, field: string): void {
  const link = netlink.link(bridge)
  if (link?.kind === 'bridge') return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use the bridge',
    object: bridge,
    field: `${field}.bridge`,
    reason: link === null ? 'there is no network interface of this name' : 'it is no bridge',
  })
}

/** Adds the field of the configuration to what the netlink module throws, which knows none. */
function withField(field: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    const { code, action, object, reason, hint, errno, syscall } = error
    const known = { object, hint, errno, syscall }
    const facts = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined))
    throw new LibcontainerError({ code, action, reason, field, ...facts, cause: error })
  }
}
