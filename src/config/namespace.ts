// Owns the types of namespaces and id mappings. Types only.

/** The eight namespaces of namespaces(7), named as the OCI runtime specification names them. */
export type NamespaceType = 'mount' | 'uts' | 'ipc' | 'pid' | 'network' | 'user' | 'cgroup' | 'time'

export interface Namespace {
  readonly type: NamespaceType
  /** An existing namespace to join, such as `/proc/1/ns/net` or `/run/netns/blue`. @default a new namespace */
  readonly path?: string
}

/** A row of uid_map or gid_map (user_namespaces(7)). */
export interface IdMapping {
  /** First id inside the container. */
  readonly containerId: number
  /** First id outside. */
  readonly hostId: number
  /** Number of ids in the row, at least 1. */
  readonly size: number
}

/** What the clocks of a time namespace are shifted by (time_namespaces(7)). */
export interface TimeOffset {
  readonly seconds: bigint
  /** 0 to 999999999. @default 0 */
  readonly nanoseconds?: number
}

export interface TimeOffsets {
  readonly monotonic?: TimeOffset
  readonly boottime?: TimeOffset
}
