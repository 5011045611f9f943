// Owns the netlink module that users see: links, addresses and routes of one network namespace, as the original's
// netlink package had them. A call is a handful of system calls and returns when the kernel has done it.

import { ERRNO, errnoName } from '../../abi/errno.ts'
import type { Attribute, NetlinkRequest } from '../../abi/netlink-message.ts'
import {
  ADD_FLAGS,
  addressRequest,
  IFADDRMSG_SIZE,
  linkBody,
  linkRequest,
  type Prefix,
  type RouteRequest,
  RTMSG_SIZE,
  routeRequest,
} from '../../abi/netlink-requests.ts'
import {
  NLM_F_REQUEST,
  RTM_DELLINK,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETROUTE,
  RTM_NEWLINK,
  RTM_SETLINK,
} from '../../abi/rtnetlink.ts'
import { parseCidr, parseIp } from '../../config/ip-address.ts'
import type { Route } from '../../config/network.ts'
import { describeValue, nameOfValue } from '../../config/validate/values/describe-value.ts'
import { objectAt } from '../../config/validate/values/object-at.ts'
import { isLibcontainerError, LibcontainerError } from '../../errors.ts'
import type { Kernel } from '../../system/kernel.ts'
import {
  decodeAddress,
  decodeRoute,
  type InterfaceAddress,
  type InterfaceRoute,
  type NameOf,
} from './address.ts'
import { decodeLink, type Link, type LinkChange, type NewLink } from './link.ts'
import {
  hairpinRequest,
  kindAttributes,
  masterAttribute,
  nameAttribute,
  namespaceAttribute,
  settingAttributes,
} from './link-attributes.ts'
import { NetlinkSocket } from './netlink-socket.ts'

const FIND = 'find the network interface'

/**
 * One netlink socket, in the network namespace that the caller was in when it was opened. All methods are synchronous,
 * and throw `SystemError` with the kernel's errno and, as a hint, its words; `ConfigInvalid` for what it was not asked.
 */
export class Netlink {
  readonly #socket: NetlinkSocket

  protected constructor(kernel: Kernel) {
    this.#socket = new NetlinkSocket(kernel)
  }

  /** @throws SystemError */
  static open(kernel: Kernel): Netlink {
    return new Netlink(kernel)
  }

  /** Closes the socket; again, it does nothing. Other methods fail afterwards, with EBADF. */
  close(): void {
    this.#socket.close()
  }

  /** All links of the namespace, by index. */
  links(): readonly Link[] {
    const request = { type: RTM_GETLINK, flags: NLM_F_REQUEST, body: linkBody(0), attributes: [] }
    return this.#socket.dump(request, { action: 'list the network interfaces' }).map(decodeLink)
  }

  /** A link by its name, or null when there is none. */
  link(name: string): Link | null {
    try {
      return this.#link(name, FIND)
    } catch (error) {
      if (isLibcontainerError(error) && error.errno === errnoName(ERRNO.ENODEV)) return null
      throw error
    }
  }

  /** Makes a link. EEXIST: the name is taken. */
  addLink(link: NewLink): void {
    const action = `make the network interface`
    const settings = settingAttributes(link)
    const parent = needsParent(link) ? this.#link(link.parent, FIND, 'parent').index : null
    const attributes: Attribute[] = [nameAttribute(link.name), ...settings, ...kindAttributes(link, parent)]
    if (link.master !== undefined)
      attributes.push(masterAttribute(this.#link(link.master, FIND, 'master').index))
    const body = linkBody(0, link.up)
    const request = { type: RTM_NEWLINK, flags: ADD_FLAGS, body, attributes }
    this.#socket.change(request, { action, object: link.name })
  }

  /** Removes a link; one end of a veth pair takes the other with it. */
  deleteLink(name: string): void {
    this.#change(RTM_DELLINK, name, 'remove the network interface', [])
  }

  /** Changes what is given and nothing else, in one request. */
  changeLink(name: string, change: LinkChange): void {
    const action = 'change the network interface'
    const attributes: Attribute[] = [...settingAttributes(change)]
    if (change.name !== undefined) attributes.push(nameAttribute(change.name))
    if (change.master === null) attributes.push(masterAttribute(0))
    else if (change.master !== undefined)
      attributes.push(masterAttribute(this.#link(change.master, FIND, 'master').index))
    if (change.namespace !== undefined) attributes.push(namespaceAttribute(change.namespace))
    this.#change(RTM_SETLINK, name, action, attributes, change.up)
  }

  /** Whether the bridge may send a packet back out of the port that it came from. */
  setHairpin(name: string, on: boolean): void {
    const attempt = { action: 'set the hairpin mode of', object: name }
    this.#socket.change(hairpinRequest(this.#link(name, attempt.action).index, on), attempt)
  }

  /** The addresses of a link, or of all. */
  addresses(name?: string): readonly InterfaceAddress[] {
    const all = this.#dump(RTM_GETADDR, IFADDRMSG_SIZE, 'list the addresses', decodeAddress)
    return name === undefined ? all : all.filter(({ interfaceName }) => interfaceName === name)
  }

  /** Adds an address with its prefix length, `192.0.2.1/24`. EEXIST: it is there already. */
  addAddress(name: string, address: string): void {
    this.#changeAddress('add', name, address)
  }

  deleteAddress(name: string, address: string): void {
    this.#changeAddress('delete', name, address)
  }

  /** The routes of the main table, IPv4 and IPv6. */
  routes(): readonly InterfaceRoute[] {
    return this.#dump(RTM_GETROUTE, RTMSG_SIZE, 'list the routes', decodeRoute)
  }

  /** Adds a route; without a destination it is the default route. EEXIST: it is there already. */
  addRoute(route: Route): void {
    this.#changeRoute('add', route)
  }

  deleteRoute(route: Route): void {
    this.#changeRoute('delete', route)
  }

  #link(name: string, action: string, field?: string): Link {
    const attributes = [nameAttribute(name, field)]
    const request = { type: RTM_GETLINK, flags: NLM_F_REQUEST, body: linkBody(0), attributes }
    return decodeLink(this.#socket.get(request, { action, object: name }))
  }

  #change(type: number, name: string, action: string, attributes: readonly Attribute[], up?: boolean): void {
    const { index } = this.#link(name, action)
    this.#socket.change(linkRequest(type, index, attributes, up), { action, object: name })
  }

  #changeAddress(verb: 'add' | 'delete', name: string, address: string): void {
    const action = `${verb} the address ${describeValue(address)} of`
    const { index } = this.#link(name, action)
    this.#socket.change(addressRequest(verb, index, prefixOf(address, 'address')), { action, object: name })
  }

  #changeRoute(verb: 'add' | 'delete', route: Route): void {
    const { destination, source, gateway, interfaceName } = objectAt(route, 'route')
    const action = `${verb} the route to`
    const request: RouteRequest = {
      destination: destination === undefined ? null : prefixOf(destination, 'destination'),
      source: source === undefined ? null : addressOf(source, 'source'),
      gateway: gateway === undefined ? null : addressOf(gateway, 'gateway'),
      index: this.#link(interfaceName, action, 'interfaceName').index,
    }
    this.#socket.change(routeRequest(verb, request), { action, object: destination ?? 'default' })
  }

  #dump<T>(
    type: number,
    bodySize: number,
    action: string,
    decode: (message: Parameters<typeof decodeLink>[0], nameOf: NameOf) => T | null,
  ): readonly T[] {
    const request: NetlinkRequest = {
      type,
      flags: NLM_F_REQUEST,
      body: new Uint8Array(bodySize),
      attributes: [],
    }
    const names = new Map(this.links().map(({ index, name }) => [index, name] as const))
    const nameOf: NameOf = (index) => names.get(index) ?? `if${index}`
    return this.#socket
      .dump(request, { action })
      .map((message) => decode(message, nameOf))
      .filter((item) => item !== null)
  }
}

/** Kinds that lie on another link. Without it the kernel would say no more than EINVAL. */
function needsParent(link: NewLink): link is Extract<NewLink, { parent: string }> {
  return link.kind === 'vlan' || link.kind === 'macvlan' || link.kind === 'macvtap'
}

function prefixOf(text: string, field: string): Prefix {
  return (
    (isText(text) && parseCidr(text)) || refuse(text, 'expected an address with its prefix length', field)
  )
}

function addressOf(text: string, field: string): Uint8Array {
  return (isText(text) && parseIp(text)) || refuse(text, 'expected an IP address', field)
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function refuse(object: unknown, reason: string, field: string): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use',
    object: nameOfValue(object),
    reason,
    field,
  })
}
