// Owns the types of network strategies. Types only.

/** Brings `lo` up in the container's own network namespace. */
export interface LoopbackNetwork {
  readonly type: 'loopback'
}

export type Network = LoopbackNetwork
