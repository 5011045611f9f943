// Owns that an IPv6 address is usable when the container starts: the kernel says that it has added one, but makes the
// route by which the address is its own later, on a work queue (addrconf_dad_work of net/ipv6/addrconf.c). On a busy
// machine the container would come first, and look for itself in the network.

import { SOCK_CLOEXEC } from '../../abi/flags.ts'
import { localRouteFilter } from '../../abi/local-route-filter.ts'
import {
  AF_NETLINK,
  NETLINK_ROUTE,
  RTMGRP_IPV6_ROUTE,
  SO_ATTACH_FILTER,
  SO_RCVTIMEO,
  SOCK_RAW,
  SOL_SOCKET,
} from '../../abi/rtnetlink.ts'
import type { Struct } from '../../protocol/op.ts'
import type { Label } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { planFilterProgram } from './filter-program.ts'

/** How long it may take, which is well below a millisecond unless the machine has other things to do. */
const PATIENCE_S = 60

/**
 * What `add` plans, and then a wait until the address is the container's own.
 * @param address 16 bytes
 * @param label of what is added; the steps here have its object, its reason and its field
 */
export function planLocalRoute(
  p: Planner,
  address: Uint8Array,
  label: Omit<Label, 'name'>,
  add: () => void,
): void {
  // struct sockaddr_nl
  const group: Struct = { bytes: new Uint8Array(Uint32Array.of(AF_NETLINK, 0, RTMGRP_IPV6_ROUTE).buffer) }
  const patience: Struct = { bytes: new Uint8Array(BigInt64Array.of(BigInt(PATIENCE_S), 0n).buffer) }
  p.step({ ...label, name: 'listen for the local route of' })
  const socket = p.open('socket', [AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE])
  const filter = planFilterProgram(p, localRouteFilter(address))
  p.call('setsockopt', [socket, SOL_SOCKET, SO_ATTACH_FILTER, filter, filter.bytes.length])
  p.call('setsockopt', [socket, SOL_SOCKET, SO_RCVTIMEO, patience, patience.bytes.length])
  p.call('bind', [socket, group, group.bytes.length])
  add()
  p.step({
    ...label,
    name: 'wait for the local route of',
    hints: { EAGAIN: `the kernel did not make the address usable in ${PATIENCE_S} seconds` },
  })
  p.call('recvfrom', [socket, 0, 0, 0, 0, 0])
  p.close(socket)
}
