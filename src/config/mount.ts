// Owns the types of mounts, propagation and path lists of the root filesystem. Types only.

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
}

/** Shows a file or a directory of the host in the container. */
export interface BindMount extends MountBase {
  readonly type: 'bind'
  /** An existing path on the host; absolute. Links are followed. */
  readonly source: string
  /** Whether the mounts below the source come along (`rbind`). @default true */
  readonly recursive?: boolean
  /** Whether `attributes` apply to the mounts below as well (`rro` ...). @default false */
  readonly recursiveAttributes?: boolean
  /**
   * Gives the `mountLabel` to the source and to all that is in it, on the host and for good: `shared` without its
   * categories, so that all containers may use it (`z` of Docker), `private` for this one alone (`Z`). Directories of
   * the system are refused. @default labels stay as they are
   */
  readonly relabel?: 'shared' | 'private'
}

/** The container's own cgroups: every v1 hierarchy under its usual name, or the v2 tree. */
export interface CgroupMount extends MountBase {
  readonly type: 'cgroup'
}

/** A new instance of a file system: `proc`, `sysfs`, `tmpfs`, `devpts`, `mqueue`, or any other that the kernel has. */
export interface FilesystemMount extends MountBase {
  readonly type: string
  /** What `mount` calls the device. @default the type */
  readonly source?: string
  /** Options of the file system as `mount -o` takes them: `mode=755,size=65536k`. @default none */
  readonly data?: string
}

export type Mount = BindMount | CgroupMount | FilesystemMount
