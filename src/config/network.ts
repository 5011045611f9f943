// Owns the types of network strategies and routes. Types only.

/** Brings `lo` up in the container's own network namespace. */
export interface LoopbackNetwork {
  readonly type: 'loopback'
}

/** A pair of interfaces, one end in the container, the other on the host. Removed with the container. */
export interface VethNetwork {
  readonly type: 'veth'
  /** The interface in the container, at most 15 bytes; each network has another one. */
  readonly name: string
  /** A bridge of the host, which must exist, that the host's end is a port of. @default none */
  readonly bridge?: string
  /** The host's end, at most 15 bytes. @default a name that nobody else has */
  readonly hostInterfaceName?: string
  /** Of the end in the container: `02:42:ac:11:00:02`. @default one that the kernel draws */
  readonly macAddress?: string
  /** Bytes, from 68 to 65535, of both ends; with an IPv6 address at least 1280. @default the kernel's, 1500 */
  readonly mtu?: number
  /** Packets, of both ends. @default the kernel's, 1000 */
  readonly txQueueLength?: number
  /** Whether the bridge may send a packet back out of the port that it came from. @default false */
  readonly hairpin?: boolean
  /** IPv4 address with its prefix length: `172.17.0.2/16`. @default none */
  readonly address?: string
  /** IPv6 address with its prefix length: `2001:db8::2/64`; usable at once, without a search for its double. @default none */
  readonly ipv6Address?: string
  /** The default route for IPv4 goes there: `172.17.0.1`. @default no default route */
  readonly gateway?: string
  /** The default route for IPv6 goes there. @default no default route */
  readonly ipv6Gateway?: string
}

/**
 * An interface of the host that is moved into the container, brought up there, with its permanent global addresses. It
 * belongs to the network namespace from then on: with that the kernel sends it back where it is a physical one, and
 * destroys it where it is virtual. Nobody else moves it back, nor after a start that failed.
 */
export interface DeviceNetwork {
  readonly type: 'device'
  /** The interface on the host, at most 15 bytes. */
  readonly hostInterfaceName: string
  /** In the container; in a new network namespace `eth%d` is the first of these names that is free. @default as before */
  readonly name?: string
}

export type Network = LoopbackNetwork | VethNetwork | DeviceNetwork

/** A route in the container; at least one of the three addresses is given, and all are of one family. */
export interface Route {
  /** A network: `10.1.0.0/16`. @default everything that has no other route */
  readonly destination?: string
  /** The address that packets on this route come from. @default the kernel's choice */
  readonly source?: string
  /** The next hop. @default none: what is on the link itself */
  readonly gateway?: string
  /** An interface in the container. */
  readonly interfaceName: string
}

/** The host's end of a veth network, as a container's own: the name may be somebody else's by now, the two are not. */
export interface HostInterface {
  readonly name: string
  readonly macAddress: string
}

/** A veth network and the host's end that was chosen for it. */
export interface VethPair {
  readonly network: VethNetwork
  readonly host: HostInterface
}
