// Owns the attributes by which links are made and changed: what was said becomes bytes, and nothing that was not (D31,
// D35). Pure: other links come in as their indices.

import type { NetlinkRequest } from '../../abi/netlink-message.ts'
import {
  type Attribute,
  encodeAttributes,
  textValue,
  uint8Value,
  uint16Value,
  uint32Value,
} from '../../abi/netlink-message.ts'
import { linkBody } from '../../abi/netlink-requests.ts'
import {
  AF_BRIDGE,
  IFLA_ADDRESS,
  IFLA_BRPORT_MODE,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_NET_NS_PID,
  IFLA_PROTINFO,
  IFLA_TXQLEN,
  IFLA_VLAN_ID,
  MACVLAN_MODES,
  NLM_F_ACK,
  NLM_F_REQUEST,
  RTM_SETLINK,
  VETH_INFO_PEER,
} from '../../abi/rtnetlink.ts'
import { isInterfaceName } from '../../config/interface-name.ts'
import { isInterfaceMac, parseMac } from '../../config/mac-address.ts'
import { nameOfValue } from '../../config/validate/values/describe-value.ts'
import { LibcontainerError } from '../../errors.ts'
import type { LinkNamespace, LinkSettings, NewLink, VethPeer } from './link.ts'

const VLAN_IDS = 4096
/** What the kernel takes as an int. */
const MAX_NUMBER = 0x7fffffff

/** @throws ConfigInvalid */
export function nameAttribute(name: string, field = 'name'): Attribute {
  if (!isInterfaceName(name))
    refuse(name, 'expected the name of a network interface, at most 15 bytes', field)
  return { type: IFLA_IFNAME, value: textValue(name) }
}

/** @throws ConfigInvalid */
export function settingAttributes(settings: LinkSettings): readonly Attribute[] {
  if (typeof settings !== 'object' || settings === null) refuse(settings, 'expected an object')
  const { macAddress, mtu, txQueueLength } = settings
  const attributes: Attribute[] = []
  if (macAddress !== undefined) attributes.push({ type: IFLA_ADDRESS, value: macValue(macAddress) })
  if (mtu !== undefined) attributes.push({ type: IFLA_MTU, value: numberValue(mtu, 'mtu', 0) })
  if (txQueueLength !== undefined)
    attributes.push({ type: IFLA_TXQLEN, value: numberValue(txQueueLength, 'txQueueLength', 0) })
  return attributes
}

/** The bridge that a link is a port of; 0: none. */
export function masterAttribute(index: number): Attribute {
  return { type: IFLA_MASTER, value: uint32Value(index) }
}

export function namespaceAttribute(namespace: LinkNamespace): Attribute {
  if (typeof namespace !== 'object' || namespace === null)
    refuse(namespace, 'expected an object with a pid or a descriptor', 'namespace')
  if ('pid' in namespace)
    return { type: IFLA_NET_NS_PID, value: numberValue(namespace.pid, 'namespace.pid', 1) }
  return { type: IFLA_NET_NS_FD, value: numberValue(namespace.fd, 'namespace.fd', 0) }
}

/** Kind, parent and what the kind needs. @throws ConfigInvalid */
export function kindAttributes(link: NewLink, parentIndex: number | null): readonly Attribute[] {
  const info: Attribute[] = [{ type: IFLA_INFO_KIND, value: textValue(link.kind) }]
  const data = kindData(link)
  if (data !== null) info.push({ type: IFLA_INFO_DATA, value: [data] })
  const attributes: Attribute[] = [{ type: IFLA_LINKINFO, value: info }]
  if (parentIndex !== null) attributes.push({ type: IFLA_LINK, value: uint32Value(parentIndex) })
  return attributes
}

/** A change of a port of a bridge: whether a packet may go back out of the port that it came from. */
export function hairpinRequest(index: number, on: boolean): NetlinkRequest {
  return {
    type: RTM_SETLINK,
    flags: NLM_F_REQUEST | NLM_F_ACK,
    body: linkBody(index, undefined, AF_BRIDGE),
    attributes: [{ type: IFLA_PROTINFO, value: [{ type: IFLA_BRPORT_MODE, value: uint8Value(on ? 1 : 0) }] }],
  }
}

function kindData(link: NewLink): Attribute | null {
  switch (link.kind) {
    case 'veth':
      return { type: VETH_INFO_PEER, value: peerValue(link.peer) }
    case 'vlan':
      if (!Number.isInteger(link.id) || link.id < 0 || link.id >= VLAN_IDS)
        refuse(link.id, 'expected the id of a vlan, from 0 to 4095', 'id')
      return { type: IFLA_VLAN_ID, value: uint16Value(link.id) }
    case 'macvlan':
    case 'macvtap':
      // The original took an unknown mode for 0, which the kernel refuses with no more than EINVAL.
      if (!Object.hasOwn(MACVLAN_MODES, link.mode))
        refuse(link.mode, `expected a mode: ${Object.keys(MACVLAN_MODES).join(', ')}`, 'mode')
      return { type: IFLA_MACVLAN_MODE, value: uint32Value(MACVLAN_MODES[link.mode]) }
    case 'dummy':
    case 'bridge':
      return null
    default:
      return refuse((link as { kind: unknown }).kind, 'expected a kind of network interface', 'kind')
  }
}

/** struct ifinfomsg and attributes, as for a link of its own (drivers/net/veth.c). */
function peerValue(peer: VethPeer): Uint8Array {
  if (typeof peer !== 'object' || peer === null) refuse(peer, 'expected the other end, an object', 'peer')
  const body = linkBody(0)
  const attributes = encodeAttributes([
    nameAttribute(peer.name, 'peer.name'),
    ...settingAttributes(peer),
    ...(peer.namespace === undefined ? [] : [namespaceAttribute(peer.namespace)]),
  ])
  const bytes = new Uint8Array(body.length + attributes.length)
  bytes.set(body)
  bytes.set(attributes, body.length)
  return bytes
}

function macValue(text: string): Uint8Array {
  const bytes = parseMac(text)
  if (bytes === null || !isInterfaceMac(bytes))
    refuse(text, 'expected the MAC address of an interface', 'macAddress')
  return bytes
}

/** A larger number would wrap around, and be another one. */
function numberValue(number: number, field: string, min: number): Uint8Array {
  if (Number.isInteger(number) && number >= min && number <= MAX_NUMBER) return uint32Value(number)
  return refuse(number, `expected an integer from ${min} to ${MAX_NUMBER}`, field)
}

function refuse(object: unknown, reason: string, field?: string): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use',
    object: nameOfValue(object),
    reason,
    ...(field && { field }),
  })
}
