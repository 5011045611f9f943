// Owns the types of links and what the kernel says about one (include/uapi/linux/if_link.h).

import { IFF_UP } from '../../abi/flags.ts'
import { decodeAttributes, type NetlinkMessage, textOf, viewOf } from '../../abi/netlink-message.ts'
import { IFINFOMSG_SIZE } from '../../abi/netlink-requests.ts'
import {
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_STATS64,
  IFLA_TXQLEN,
  IFLA_VLAN_ID,
  MACVLAN_MODES,
} from '../../abi/rtnetlink.ts'
import { formatMac } from '../../config/mac-address.ts'

export type MacvlanMode = keyof typeof MACVLAN_MODES

/** A network namespace, by a process in it or by an open file of it. */
export type LinkNamespace = { readonly pid: number } | { readonly fd: number }

/** What may be said of any link, when it is made and later. What is absent is left as it is (D31, D35). */
export interface LinkSettings {
  readonly up?: boolean
  /** `02:42:ac:11:00:02`. */
  readonly macAddress?: string
  /** Bytes. */
  readonly mtu?: number
  /** Packets. */
  readonly txQueueLength?: number
}

/** The other end of a veth pair. It is down at first: the kernel brings no end up before there are two. */
export interface VethPeer extends Omit<LinkSettings, 'up'> {
  readonly name: string
  /** @default that of the socket */
  readonly namespace?: LinkNamespace
}

/** A link to be made. `parent` is the name of the link below it. */
export type NewLink = LinkSettings & {
  readonly name: string
  /** A bridge that it becomes a port of. @default none */
  readonly master?: string
} & (
    | { readonly kind: 'dummy' | 'bridge' }
    | { readonly kind: 'veth'; readonly peer: VethPeer }
    | { readonly kind: 'vlan'; readonly parent: string; readonly id: number }
    | { readonly kind: 'macvlan' | 'macvtap'; readonly parent: string; readonly mode: MacvlanMode }
  )

/** A change of a link; what is absent is left as it is (D31). */
export interface LinkChange extends LinkSettings {
  /** A new name; most links must be down for it. */
  readonly name?: string
  /** The bridge that it becomes a port of; null: of none. */
  readonly master?: string | null
  /** Where it is moved to; it comes down on the way. */
  readonly namespace?: LinkNamespace
}

/** Counters since the link was made. */
export interface LinkStats {
  readonly rxBytes: bigint
  readonly rxPackets: bigint
  readonly rxErrors: bigint
  readonly rxDropped: bigint
  readonly txBytes: bigint
  readonly txPackets: bigint
  readonly txErrors: bigint
  readonly txDropped: bigint
}

export interface Link {
  readonly index: number
  readonly name: string
  /** `veth`, `bridge` and so on; null for what has none, such as `lo`. */
  readonly kind: string | null
  /** Whether it was brought up (IFF_UP). */
  readonly up: boolean
  /** IFF_* flags, netdevice(7). */
  readonly flags: number
  readonly macAddress: string
  /** Bytes. */
  readonly mtu: number
  /** Packets. */
  readonly txQueueLength: number
  /** Index of the bridge that it is a port of; null without one. */
  readonly masterIndex: number | null
  /** Index of the link below it, or of a veth's other end, which may be in another namespace; null without one. */
  readonly parentIndex: number | null
  /** Of a vlan. */
  readonly vlanId?: number
  /** Of a macvlan or macvtap. */
  readonly macvlanMode?: MacvlanMode
  readonly stats: LinkStats
}

/** Understands a message of the type RTM_NEWLINK. @throws SystemError (EBADMSG) */
export function decodeLink({ payload }: NetlinkMessage): Link {
  const header = viewOf(payload)
  const attributes = decodeAttributes(payload.subarray(IFINFOMSG_SIZE))
  const number = (type: number): number | null => {
    const value = attributes.get(type)
    return value === undefined ? null : viewOf(value).getUint32(0, true)
  }
  const info = decodeAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array())
  const kind = textOf(info.get(IFLA_INFO_KIND) ?? new Uint8Array())
  const flags = header.getUint32(8, true)
  return {
    index: header.getInt32(4, true),
    name: textOf(attributes.get(IFLA_IFNAME) ?? new Uint8Array()),
    kind: kind === '' ? null : kind,
    up: (flags & IFF_UP) !== 0,
    flags,
    macAddress: formatMac(attributes.get(IFLA_ADDRESS) ?? new Uint8Array()),
    mtu: number(IFLA_MTU) ?? 0,
    txQueueLength: number(IFLA_TXQLEN) ?? 0,
    masterIndex: number(IFLA_MASTER),
    parentIndex: number(IFLA_LINK),
    ...decodeInfo(kind, info.get(IFLA_INFO_DATA)),
    stats: decodeStats(attributes.get(IFLA_STATS64)),
  }
}

function decodeInfo(kind: string, data: Uint8Array | undefined): Pick<Link, 'vlanId' | 'macvlanMode'> {
  const attributes = decodeAttributes(data ?? new Uint8Array())
  const vlanId = kind === 'vlan' ? attributes.get(IFLA_VLAN_ID) : undefined
  if (vlanId !== undefined) return { vlanId: viewOf(vlanId).getUint16(0, true) }
  const mode = kind.startsWith('macv') ? attributes.get(IFLA_MACVLAN_MODE) : undefined
  const value = mode === undefined ? undefined : viewOf(mode).getUint32(0, true)
  const known = Object.entries(MACVLAN_MODES).find(([, number]) => number === value)
  return known === undefined ? {} : { macvlanMode: known[0] as MacvlanMode }
}

/** struct rtnl_link_stats64: 64-bit counters, the first eight of which we need. */
function decodeStats(bytes: Uint8Array | undefined): LinkStats {
  const view = viewOf(bytes ?? new Uint8Array())
  const counter = (index: number): bigint =>
    view.byteLength < index * 8 + 8 ? 0n : view.getBigUint64(index * 8, true)
  return {
    rxPackets: counter(0),
    txPackets: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
    rxErrors: counter(4),
    txErrors: counter(5),
    rxDropped: counter(6),
    txDropped: counter(7),
  }
}
