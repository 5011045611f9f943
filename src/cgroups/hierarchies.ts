// Owns the types of where the cgroup hierarchies of the machine are. Types only.

import type { DevicePrograms } from './devices/device-programs.ts'

export interface CgroupHierarchy {
  /** v1: the controllers that share it (`cpu`, `cpuacct`), or its name (`name=systemd`). v2: what its root hands out. */
  readonly controllers: readonly string[]
  readonly mountPoint: string
  /** The cgroup that the mount point shows, written as in /proc/self/cgroup; not `/` in a nested container. */
  readonly root: string
  /** The caller's own cgroup when this was read. */
  readonly own: string
}

/** What `readCgroupHierarchies` finds, once for the life of a Factory. */
export interface CgroupHierarchies {
  /** 1 also on a hybrid machine, where controllers are on v1 and `unified` is there beside them. */
  readonly version: 1 | 2
  /** Empty on v2. */
  readonly v1: readonly CgroupHierarchy[]
  readonly unified: CgroupHierarchy | null
  /** v2: kept as long as this is. */
  readonly devicePrograms: DevicePrograms
}

/** The directory of one container in one hierarchy. */
export interface CgroupPlace {
  readonly controllers: readonly string[]
  readonly directory: string
  /** Above `directory`; nothing is made or removed from here on up. */
  readonly mountPoint: string
}
