// Owns the types of mounts, propagation and path lists of the root filesystem. Types only.

import type { MountCommand } from './command.ts'
import type { IdMapping } from './namespace.ts'

/** Attributes of one mount (mount_setattr(2)); a name and its opposite, the later one wins. */
export type MountAttribute =
  | 'ro'
  | 'rw'
  | 'nosuid'
  | 'suid'
  | 'nodev'
  | 'dev'
  | 'noexec'
  | 'exec'
  | 'nosymfollow'
  | 'symfollow'
  | 'nodiratime'
  | 'diratime'
  | 'relatime'
  | 'noatime'
  | 'strictatime'

/** Mount propagation (mount_namespaces(7)); the form with an `r` reaches every mount below. */
export type Propagation =
  | 'private'
  | 'rprivate'
  | 'slave'
  | 'rslave'
  | 'shared'
  | 'rshared'
  | 'unbindable'
  | 'runbindable'

interface MountBase {
  /** Where in the container; absolute. Made when it is missing. Links are followed inside the root only. */
  readonly destination: string
  /** @default [] */
  readonly attributes?: readonly MountAttribute[]
  /** Set on the mount after it is attached. @default as the kernel makes it: private */
  readonly propagation?: readonly Propagation[]
  /** Run before the mount is made; one that fails ends the start. @default none */
  readonly premountCommands?: readonly MountCommand[]
  /** Run when the mount is there; one that fails ends the start. @default none */
  readonly postmountCommands?: readonly MountCommand[]
}

/** Shows a file or a directory of the host in the container. */
export interface BindMount extends MountBase {
  readonly type: 'bind'
  /** An existing path on the host; absolute. Links are followed. */
  readonly source: string
  /** Whether the mounts below the source come along (`rbind`). @default true */
  readonly recursive?: boolean
  /** Of the mounts below as well, whatever `attributes` say (`rro` ...). @default [] */
  readonly recursiveAttributes?: readonly MountAttribute[]
  /** Shows files as owned by others than they are. Linux 5.12, and a file system that can. @default none */
  readonly idMap?: MountIdMap
  /**
   * Gives the `mountLabel` to the source and to all that is in it, on the host and for good: `shared` without its
   * categories, so that all containers may use it (`z` of Docker), `private` for this one alone (`Z`). Directories of
   * the system are refused. @default labels stay as they are
   */
  readonly relabel?: 'shared' | 'private'
}

/** Owners of an id-mapped mount (mount_setattr(2), MOUNT_ATTR_IDMAP). Ids without a row show as nobody's. */
export interface MountIdMap {
  /** `containerId` is on the file system what `hostId` is in the mount. @default those of the user namespace */
  readonly uidMappings?: readonly IdMapping[]
  /** Both or neither. */
  readonly gidMappings?: readonly IdMapping[]
  /** Of the mounts below as well. @default false */
  readonly recursive?: boolean
}

/** Changes a mount that is at the destination already: of the image's, or an earlier one of the list. */
export interface Remount extends MountBase {
  readonly type: 'remount'
  /** Of the mounts below as well, whatever `attributes` say. @default [] */
  readonly recursiveAttributes?: readonly MountAttribute[]
  /** Options of its file system to change, for all who have it mounted: `size=1m`. @default none */
  readonly data?: string
}

/** The container's own cgroups: every v1 hierarchy under its usual name, or the v2 tree. */
export interface CgroupMount extends MountBase {
  readonly type: 'cgroup'
  /**
   * v2: the cgroups of the whole machine in place of its own. So `/proc/self/cgroup`, which names them from the root
   * where there is no cgroup namespace, leads to the own one. @default false
   */
  readonly wholeTree?: boolean
}

/** A new instance of a file system: `proc`, `sysfs`, `tmpfs`, `devpts`, `mqueue`, or any other that the kernel has. */
export interface FilesystemMount extends MountBase {
  readonly type: string
  /** What `mount` calls the device. @default the type */
  readonly source?: string
  /**
   * Options of the file system as `mount -o` takes them, those that all have (`sync`, `dirsync`, `lazytime`) among
   * them: `mode=755,size=65536k`. @default none
   */
  readonly data?: string
  /** `tmpfs` only: begins with a copy of what it covers (`tmpcopyup`). @default false */
  readonly copyUp?: boolean
}

export type Mount = BindMount | CgroupMount | FilesystemMount | Remount
