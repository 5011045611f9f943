// Owns the types of addresses and routes, and what the kernel says about one.

import { AF_INET } from '../../abi/flags.ts'
import { decodeAttributes, type NetlinkMessage, viewOf } from '../../abi/netlink-message.ts'
import { IFADDRMSG_SIZE, RTMSG_SIZE } from '../../abi/netlink-requests.ts'
import {
  IFA_ADDRESS,
  IFA_F_PERMANENT,
  IFA_FLAGS,
  IFA_LOCAL,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_TABLE,
  RTM_F_CLONED,
  RTN_UNICAST,
} from '../../abi/rtnetlink.ts'
import { formatCidr, formatIp } from '../../config/ip-address.ts'

export interface InterfaceAddress {
  readonly interfaceName: string
  /** With its prefix length: `192.0.2.1/24`. */
  readonly address: string
  /** Whether it is for everybody, and stays until it is taken away (RT_SCOPE_UNIVERSE, IFA_F_PERMANENT). */
  readonly lasting: boolean
}

/** A route of the main table, IPv4 or IPv6. */
export interface InterfaceRoute {
  /** A network; null: the default route. */
  readonly destination: string | null
  /** The preferred source; null: the kernel's choice. */
  readonly source: string | null
  /** The next hop; null: none, it is on the link. */
  readonly gateway: string | null
  readonly interfaceName: string
  readonly family: 'ipv4' | 'ipv6'
}

export type NameOf = (index: number) => string

/** Understands a message of the type RTM_NEWADDR. @returns null for what is no IP address. @throws SystemError (EBADMSG) */
export function decodeAddress({ payload }: NetlinkMessage, nameOf: NameOf): InterfaceAddress | null {
  const attributes = decodeAttributes(payload.subarray(IFADDRMSG_SIZE))
  // IFA_ADDRESS is the other end's where there is one; IPv6 has no IFA_LOCAL then.
  const bytes = attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS)
  if (bytes === undefined) return null
  const address = formatCidr({ bytes, prefixLength: payload[1] as number })
  const flags = attributes.get(IFA_FLAGS)
  const isPermanent = ((flags === undefined ? payload[2] : flags[0]) ?? 0) & IFA_F_PERMANENT
  const lasting = isPermanent !== 0 && payload[3] === RT_SCOPE_UNIVERSE
  return { interfaceName: nameOf(viewOf(payload).getUint32(4, true)), address, lasting }
}

/** Understands a message of the type RTM_NEWROUTE. @returns null for what is no route of the main table to others */
export function decodeRoute({ payload }: NetlinkMessage, nameOf: NameOf): InterfaceRoute | null {
  const attributes = decodeAttributes(payload.subarray(RTMSG_SIZE))
  const index = attributes.get(RTA_OIF)
  const table = attributes.get(RTA_TABLE)
  const isMain = (table === undefined ? payload[4] : viewOf(table).getUint32(0, true)) === RT_TABLE_MAIN
  const isCloned = (viewOf(payload).getUint32(8, true) & RTM_F_CLONED) !== 0
  if (!isMain || isCloned || payload[7] !== RTN_UNICAST || index === undefined) return null
  const text = (type: number): string | null => {
    const bytes = attributes.get(type)
    return bytes === undefined ? null : formatIp(bytes)
  }
  const destination = attributes.get(RTA_DST)
  const prefixLength = payload[1] as number
  return {
    destination: destination === undefined ? null : formatCidr({ bytes: destination, prefixLength }),
    source: text(RTA_PREFSRC),
    gateway: text(RTA_GATEWAY),
    interfaceName: nameOf(viewOf(index).getUint32(0, true)),
    family: payload[0] === AF_INET ? 'ipv4' : 'ipv6',
  }
}
