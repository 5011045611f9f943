// Owns the container's side of networks: addresses, links and routes, set by init itself with netlink requests whose
// bytes are part of the plan. So no thread of the parent ever enters the namespace, no socket comes out of it, and a
// plan stays a value that needs no way back to the parent.

import { ERRNO } from '../../abi/errno.ts'
import { SOCK_CLOEXEC } from '../../abi/flags.ts'
import {
  encodeMessage,
  type NetlinkRequest,
  NLMSG_SEQ,
  NLMSG_TYPE,
  NLMSGERR_ERROR,
} from '../../abi/netlink-message.ts'
import {
  ADDRESS_INDEX,
  addressRequest,
  familyOf,
  LINK_INDEX,
  linkRequest,
  type Prefix,
  ROUTE_INDEX,
  routeRequest,
} from '../../abi/netlink-requests.ts'
import {
  AF_INET6,
  AF_NETLINK,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_ROUTE,
  NLMSG_ERROR,
  RTM_SETLINK,
  SO_BINDTODEVICE,
  SO_BINDTOIFINDEX,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from '../../abi/rtnetlink.ts'
import { NETLINK_ACK_SIZE } from '../../abi/structs.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import { parseCidr, parseIp } from '../../config/ip-address.ts'
import type { HostInterface, Route, VethNetwork } from '../../config/network.ts'
import type { Scratch, Slot } from '../../protocol/op.ts'
import type { HostFacts } from '../host-facts.ts'
import type { HostAction, Label } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { planLocalRoute } from './local-route.ts'
import { joinedNetwork, type MovedDevice, movedDevices } from './moved-devices.ts'

/** Id of the return of an answer in which the kernel refuses, with its errno and its words. */
export const RETURN_REFUSAL = 3

/** A socket of init, and where its answers go. */
interface Netlink {
  readonly socket: Slot
  readonly answer: Scratch
  sequence: number
}

/** The parent makes the pairs: the other ends go to a namespace that is there after the clone, or is joined. */
export function planVeths(config: ValidConfig, hosts: readonly HostInterface[]): readonly HostAction[] {
  const namespace = joinedNetwork(config)
  return vethsOf(config).map(([network, field], nth) => {
    const host = hosts[nth] as HostInterface
    return {
      when: 'after the clone',
      name: 'make the veth pair',
      object: host.name,
      reason: `its other end is ${JSON.stringify(network.name)} in the container${portOf(network)}`,
      field,
      action: {
        kind: 'create-veth',
        pair: { network, host },
        namespace,
      },
      undo: 'remove it',
    }
  })
}

/** Configures what the parent has put into the namespace, then adds the routes. */
export function planNetworks(p: Planner, config: ValidConfig, facts: HostFacts): void {
  const veths = vethsOf(config)
  const moved = movedDevices(config)
  if (veths.length === 0 && moved.length === 0 && config.routes.length === 0) return
  const netlink = planSocket(p, veths.length + moved.length > 0 ? 'networks' : 'routes')
  for (const [network, field] of veths) planVeth(p, netlink, network, field)
  for (const device of moved) planArrival(p, netlink, device, facts.movedAddresses?.[device.index] ?? [])
  config.routes.forEach((route, index) => {
    planRoute(p, netlink, route, `routes[${index}]`)
  })
  p.close(netlink.socket)
}

function planSocket(p: Planner, field: string): Netlink {
  p.step({ name: 'open a netlink socket', reason: 'it belongs to the namespace of the container', field })
  const socket = p.open('socket', [AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE])
  const on = { bytes: new Uint8Array([1, 0, 0, 0]) }
  p.call('setsockopt', [socket, SOL_NETLINK, NETLINK_EXT_ACK, on, on.bytes.length])
  p.call('setsockopt', [socket, SOL_NETLINK, NETLINK_CAP_ACK, on, on.bytes.length])
  return { socket, answer: { scratch: NETLINK_ACK_SIZE }, sequence: 0 }
}

function planVeth(p: Planner, netlink: Netlink, network: VethNetwork, field: string): void {
  const { name, address, ipv6Address, gateway, ipv6Gateway } = network
  const reason = 'the configuration gives it'
  if (address !== undefined) planAddress(p, netlink, name, address, { reason, field: `${field}.address` })
  if (ipv6Address !== undefined)
    planAddress(p, netlink, name, ipv6Address, { reason, field: `${field}.ipv6Address` })
  planUp(p, netlink, name, field)
  if (gateway !== undefined) planRoute(p, netlink, { gateway, interfaceName: name }, `${field}.gateway`)
  if (ipv6Gateway !== undefined)
    planRoute(p, netlink, { gateway: ipv6Gateway, interfaceName: name }, `${field}.ipv6Gateway`)
}

/** What comes from the host has lost its addresses on the way. */
function planArrival(
  p: Planner,
  netlink: Netlink,
  { name, field }: MovedDevice,
  addresses: readonly string[],
): void {
  for (const address of addresses)
    planAddress(p, netlink, name, address, { reason: 'it had it on the host', field })
  planUp(p, netlink, name, field)
}

function planAddress(
  p: Planner,
  netlink: Netlink,
  name: string,
  address: string,
  label: Pick<Label, 'reason' | 'field'>,
): void {
  const prefix = parseCidr(address) as Prefix
  const named = { ...label, name: `add the address ${address} to`, object: name }
  const add = (): void =>
    planRequest(p, netlink, named, addressRequest('add', 0, prefix), { name, at: ADDRESS_INDEX })
  if (familyOf(prefix.bytes) === AF_INET6) planLocalRoute(p, prefix.bytes, { ...label, object: address }, add)
  else add()
}

function planUp(p: Planner, netlink: Netlink, name: string, field: string): void {
  const label = { name: 'bring up', object: name, reason: 'a new interface is down', field }
  planRequest(p, netlink, label, linkRequest(RTM_SETLINK, 0, [], true), { name, at: LINK_INDEX })
}

function planRoute(p: Planner, netlink: Netlink, route: Route, field: string): void {
  const { destination, source, gateway, interfaceName } = route
  const request = routeRequest('add', {
    destination: destination === undefined ? null : (parseCidr(destination) as Prefix),
    source: source === undefined ? null : parseIp(source),
    gateway: gateway === undefined ? null : parseIp(gateway),
    index: 0,
  })
  const label: Label = {
    name: 'add the route to',
    object: destination ?? 'default',
    reason: `by ${interfaceName}${gateway === undefined ? '' : `, next hop ${gateway}`}`,
    field,
    hints: { ENODEV: `there is no interface ${JSON.stringify(interfaceName)} in the container` },
  }
  planRequest(p, netlink, label, request, { name: interfaceName, at: ROUTE_INDEX })
}

/**
 * A request about an interface. Only its index goes into a request, and only the namespace knows it: binding a socket
 * to the name and asking for the number writes it there. A refusal is returned before it becomes a fault.
 */
function planRequest(
  p: Planner,
  netlink: Netlink,
  label: Label,
  request: NetlinkRequest,
  index: { readonly name: string; readonly at: number },
): void {
  const { socket, answer } = netlink
  const message = { bytes: encodeMessage(request, ++netlink.sequence) }
  const size = { bytes: new Uint8Array([4, 0, 0, 0]) }
  p.step(label)
  p.call('setsockopt', [socket, SOL_SOCKET, SO_BINDTODEVICE, index.name, index.name.length + 1])
  p.call('getsockopt', [socket, SOL_SOCKET, SO_BINDTOIFINDEX, { at: message, offset: index.at }, size])
  p.call('sendto', [socket, message, message.bytes.length, 0, 0, 0])
  const length = p.open('recvfrom', [socket, answer, NETLINK_ACK_SIZE, 0, 0, 0])
  p.call('expect', [{ at: answer, offset: NLMSG_TYPE }, 2, 0xffff, NLMSG_ERROR, ERRNO.EPROTO])
  p.call('expect', [{ at: answer, offset: NLMSG_SEQ }, 4, 0xffffffff, netlink.sequence, ERRNO.EPROTO])
  const isDone = [{ at: answer, offset: NLMSGERR_ERROR }, 4, 0xffffffff, 0, ERRNO.EREMOTEIO] as const
  p.otherwise('EREMOTEIO', 'expect', isDone, () => {
    p.ask('return', [RETURN_REFUSAL, -1, answer, length])
    p.call('expect', isDone)
  })
  p.slots.give(length)
}

function portOf({ bridge }: VethNetwork): string {
  return bridge === undefined ? '' : `; a port of ${JSON.stringify(bridge)}`
}

function vethsOf(config: ValidConfig): readonly (readonly [VethNetwork, field: string])[] {
  return config.networks.flatMap((network, index) =>
    network.type === 'veth' ? [[network, `networks[${index}]`] as const] : [],
  )
}
