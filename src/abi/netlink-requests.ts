// Owns the requests of rtnetlink(7) that both a plan and the netlink module make: links, addresses, routes. Pure:
// addresses and names come in checked. Every change of a link says which flags it means, and means no others (D31).

import { AF_INET, IFF_UP } from './flags.ts'
import { type Attribute, type NetlinkRequest, NLMSG_HDRLEN, uint32Value } from './netlink-message.ts'
import {
  AF_INET6,
  IFA_ADDRESS,
  IFA_F_NODAD,
  IFA_LOCAL,
  NLM_F_ACK,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REQUEST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_OIF,
  RTA_PREFSRC,
  RTM_DELADDR,
  RTM_DELROUTE,
  RTM_NEWADDR,
  RTM_NEWROUTE,
  RTN_UNICAST,
  RTPROT_BOOT,
} from './rtnetlink.ts'

/** sizeof(struct ifinfomsg), ifaddrmsg and rtmsg. */
export const IFINFOMSG_SIZE = 16
export const IFADDRMSG_SIZE = 8
export const RTMSG_SIZE = 12

/** Where the index of the interface is in the bytes of a request. */
export const LINK_INDEX = NLMSG_HDRLEN + 4
export const ADDRESS_INDEX = NLMSG_HDRLEN + 4
/** RTA_OIF is the first attribute of a route. */
export const ROUTE_INDEX = NLMSG_HDRLEN + RTMSG_SIZE + 4

const CHANGE = NLM_F_REQUEST | NLM_F_ACK
export const ADD_FLAGS: number = CHANGE | NLM_F_CREATE | NLM_F_EXCL

/** An address of 4 or 16 bytes, and how many bits of it are the network's. */
export interface Prefix {
  readonly bytes: Uint8Array
  readonly prefixLength: number
}

export interface RouteRequest {
  /** null: the default route. */
  readonly destination: Prefix | null
  /** The preferred source. */
  readonly source: Uint8Array | null
  readonly gateway: Uint8Array | null
  readonly index: number
}

/** struct ifinfomsg. Without `up` the change mask is 0, and no flag of the link is touched (D31). */
export function linkBody(index: number, up?: boolean, family = 0): Uint8Array {
  const words = new Uint32Array([family, index, up === true ? IFF_UP : 0, up === undefined ? 0 : IFF_UP])
  return new Uint8Array(words.buffer)
}

/** A change of a link: of its flags only where `up` is given, else of what the attributes say. */
export function linkRequest(
  type: number,
  index: number,
  attributes: readonly Attribute[],
  up?: boolean,
): NetlinkRequest {
  return { type, flags: CHANGE, body: linkBody(index, up), attributes }
}

/** Adds an address to a link, or takes it away. */
export function addressRequest(
  verb: 'add' | 'delete',
  index: number,
  { bytes, prefixLength }: Prefix,
): NetlinkRequest {
  const body = new Uint8Array(IFADDRMSG_SIZE)
  // Without NODAD an IPv6 address could not be bound to for the second that the kernel looks for its double.
  body.set([familyOf(bytes), prefixLength, familyOf(bytes) === AF_INET6 ? IFA_F_NODAD : 0, RT_SCOPE_UNIVERSE])
  body.set(uint32Value(index), 4)
  return {
    type: verb === 'add' ? RTM_NEWADDR : RTM_DELADDR,
    flags: verb === 'add' ? ADD_FLAGS : CHANGE,
    body,
    attributes: [
      { type: IFA_LOCAL, value: bytes },
      { type: IFA_ADDRESS, value: bytes },
    ],
  }
}

/** Adds a unicast route to the main table, or takes it away. */
export function routeRequest(
  verb: 'add' | 'delete',
  { destination, source, gateway, index }: RouteRequest,
): NetlinkRequest {
  const family = familyOf(destination?.bytes ?? gateway ?? source ?? new Uint8Array(4))
  const body = new Uint8Array(RTMSG_SIZE)
  const scope = gateway === null && family === AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE
  body.set([
    family,
    destination?.prefixLength ?? 0,
    0,
    0,
    RT_TABLE_MAIN,
    verb === 'add' ? RTPROT_BOOT : 0,
    scope,
    RTN_UNICAST,
  ])
  const attributes: Attribute[] = [{ type: RTA_OIF, value: uint32Value(index) }]
  if (destination !== null) attributes.push({ type: RTA_DST, value: destination.bytes })
  if (source !== null) attributes.push({ type: RTA_PREFSRC, value: source })
  if (gateway !== null) attributes.push({ type: RTA_GATEWAY, value: gateway })
  return {
    type: verb === 'add' ? RTM_NEWROUTE : RTM_DELROUTE,
    flags: verb === 'add' ? ADD_FLAGS : CHANGE,
    body,
    attributes,
  }
}

export function familyOf(bytes: Uint8Array): number {
  return bytes.length === 4 ? AF_INET : AF_INET6
}
