// Owns the type of what a plan needs to know of the host, gathered before planning by container/facts.ts. Types only.

import type { Arch } from '../abi/syscalls.ts'
import type { ResctrlGroup } from '../config/intel-rdt.ts'
import type { IdMapping } from '../config/namespace.ts'
import type { HostInterface } from '../config/network.ts'
import type { Userdb } from './launch-plan.ts'

/** What the parent saw at a mount's two ends. */
export interface MountFacts {
  /** Bind mounts: whether the source is a directory. */
  readonly sourceIsDirectory?: boolean
  /** Bind mounts: whether the source is the root of the caller, by whatever name. */
  readonly sourceIsRoot?: boolean
  /** The destination with the links of the image followed, where that leads to something that is missing. */
  readonly destination?: string
  /** tmpfs without a mode: the permissions of what it covers, which it takes over. */
  readonly coveredMode?: number
}

/** A cgroup directory of the container as it appears inside (v1: one for each hierarchy). */
export interface CgroupView {
  /** The directory's name under the destination: `memory`, `cpu,cpuacct`; '' on v2. */
  readonly name: string
  /** Other names for it, made as links: `cpu`. */
  readonly aliases: readonly string[]
  /** Absolute, on the host. */
  readonly source: string
}

export interface CgroupFacts {
  readonly version: 1 | 2
  readonly views: readonly CgroupView[]
  /** v2: where the host has all its cgroups, for a container that shall see them. */
  readonly tree?: string
  /** Whether init is born in a v2 cgroup (CLONE_INTO_CGROUP): on v2, and on a hybrid machine for its v2 part. */
  readonly bornInside: boolean
  /** The unit that systemd starts around the first process; null where we make the cgroup before it. */
  readonly unit: string | null
  /** How many `tasks` files go along (v1). */
  readonly tasksFiles: number
}

/** A profile as the kernel takes it. */
export interface SeccompFilter {
  /** struct sock_filter, one after another. */
  readonly bytes: Uint8Array
  /** SECCOMP_FILTER_FLAG_* */
  readonly flags: number
}

/**
 * - `root`: of the machine.
 * - `root of a user namespace`: has rights over what belongs to it, and may not make device nodes.
 * - `user`: none at all but in a user namespace that the container brings.
 */
type Rights = 'root' | 'root of a user namespace' | 'user'

/** Who makes the container. */
export interface Caller {
  readonly rights: Rights
  readonly uid: number
  readonly gid: number
  /** The groups of the caller's user namespace, where that is not the machine's own. */
  readonly gidMappings?: readonly IdMapping[]
}

export interface HostFacts {
  readonly arch: Arch
  readonly caller: Caller
  /** The container's id, for names that must be unique. */
  readonly id: string
  /** Signals that the caller ignores and that a program would inherit so. */
  readonly ignoredSignals: readonly number[]
  /**
   * The filter of the configuration; null for none. Asked for once, late: to compile one takes as long as to plan all
   * else, and init is at work meanwhile. @default the plan compiles it
   */
  readonly seccomp?: () => SeccompFilter | null
  /** By index of the configuration's mounts. */
  readonly mounts: readonly MountFacts[]
  /**
   * Where the host has proc and sysfs, for a root that is entered by chroot, which leaves them mounted.
   * @default none
   */
  readonly kernelViews?: readonly string[]
  /** null without a cgroup. */
  readonly cgroup: CgroupFacts | null
  /** The container's files, where the parent may read them: no mount covers them. null: init returns them. */
  readonly userdb: Userdb | null
  /** The host's ends of the veth networks, in their order. */
  readonly hostInterfaces: readonly HostInterface[]
  /** The addresses of the interfaces that are moved in, by index of the configuration's networks. @default none */
  readonly movedAddresses?: Readonly<Record<number, readonly string[]>>
  /** Where it goes in resctrl. @default nowhere */
  readonly resctrl?: ResctrlGroup
  /** The caller's own hard limits by resource number, for those that the configuration sets. */
  readonly hardLimits: Readonly<Record<number, bigint>>
  /** Whether the kernel has mount_setattr(2): Linux 5.12. @default true */
  readonly hasMountSetattr?: boolean
}

/** Where the standard streams and the extra files of a process come from. */
export interface DescriptorFacts {
  /** For 0, 1, 2: a descriptor that the parent passes, or the container's own /dev/null. */
  readonly stdio: readonly [
    'passed' | 'pipe' | 'null',
    'passed' | 'pipe' | 'null',
    'passed' | 'pipe' | 'null',
  ]
  /** Extra files, which become 3 and up. */
  readonly extra: number
  /** Whether it is prepared only: a socket goes along at which it waits for its release. @default false */
  readonly release?: boolean
}
