// Owns the type of a container's configuration, whole. Types only; defaults are in defaults.ts, checks in validate/.

import type { Capability } from './capability.ts'
import type { CgroupConfig } from './cgroup.ts'
import type { Hooks } from './command.ts'
import type { Device } from './device.ts'
import type { IntelRdt } from './intel-rdt.ts'
import type { Mount, Propagation } from './mount.ts'
import type { IdMapping, Namespace, TimeOffsets } from './namespace.ts'
import type { Network, Route } from './network.ts'
import type {
  CapabilitySets,
  ExactRlimit,
  FullCapabilitySets,
  ProcessSpec,
  Rlimit,
  TerminalOptions,
} from './process.ts'
import type { CpuAffinity, IoPriority, MemoryPolicy, Personality, Scheduler } from './scheduling.ts'
import type { ExactSeccomp, SeccompConfig } from './seccomp.ts'

export interface ContainerConfig {
  /** The container's root: an absolute, clean path of an existing directory, with no symbolic link in it. */
  readonly rootfs: string
  /** @default false */
  readonly readonlyRootfs?: boolean
  /** Propagation of the container's root. @default 'rslave' before the switch, private after it */
  readonly rootfsPropagation?: Propagation
  /** MS_MOVE and chroot in place of pivot_root, for a root in a ramfs. @default false */
  readonly noPivotRoot?: boolean
  /** No session keyring of its own: the keys of the caller are the container's too. @default false */
  readonly noNewKeyring?: boolean
  /** A type that is absent is shared with the caller. @default DEFAULT_NAMESPACES */
  readonly namespaces?: readonly Namespace[]
  /** Needs a user namespace. */
  readonly uidMappings?: readonly IdMapping[]
  readonly gidMappings?: readonly IdMapping[]
  /** Needs a time namespace. */
  readonly timeOffsets?: TimeOffsets
  /** Needs a uts namespace. */
  readonly hostname?: string
  /** NIS domain; needs a uts namespace. */
  readonly domainname?: string
  /** In order. @default DEFAULT_MOUNTS */
  readonly mounts?: readonly Mount[]
  /** @default DEFAULT_DEVICES */
  readonly devices?: readonly Device[]
  /** Hidden from the container; what is missing is skipped. @default DEFAULT_MASKED_PATHS */
  readonly maskedPaths?: readonly string[]
  /** What is missing is skipped. @default DEFAULT_READONLY_PATHS */
  readonly readonlyPaths?: readonly string[]
  /** Kernel parameters of the container's own namespaces, `net.ipv4.ip_forward` or with slashes. @default none */
  readonly sysctl?: Readonly<Record<string, string>>
  /** A list sets bounding, effective and permitted. @default DEFAULT_CAPABILITIES */
  readonly capabilities?: readonly Capability[] | CapabilitySets
  /** @default true */
  readonly noNewPrivileges?: boolean
  /** For every process; null: no filter. @default DEFAULT_SECCOMP, with what the bounding set allows beside it */
  readonly seccomp?: SeccompConfig | null
  /** @default as inherited */
  readonly rlimits?: readonly Rlimit[]
  /** Groups of every process, by name or number, from the container's /etc/group. @default [] */
  readonly additionalGroups?: readonly (string | number)[]
  /** Of every process. @default as inherited */
  readonly scheduler?: Scheduler
  /** Of every process. @default as inherited */
  readonly ioPriority?: IoPriority
  /** CPUs of later processes; the first one has what its cgroup has. @default none */
  readonly execCpuAffinity?: CpuAffinity
  /** Of every process. @default as inherited */
  readonly memoryPolicy?: MemoryPolicy
  /** Of every process. @default as inherited */
  readonly personality?: Personality
  /** Sent to the container's processes when the program that started them dies. @default none */
  readonly parentDeathSignal?: string
  /** Needs a network namespace. @default DEFAULT_NETWORKS with a new network namespace, else none */
  readonly networks?: readonly Network[]
  /** Added in order, when all networks are up. Needs a network namespace. @default none */
  readonly routes?: readonly Route[]
  /** @default none: the container stays in the caller's cgroups, and cannot be paused */
  readonly cgroup?: CgroupConfig
  /** Shares of the CPU's caches and of memory bandwidth. Refused where resctrl is not mounted. @default as inherited */
  readonly intelRdt?: IntelRdt
  /**
   * The AppArmor profile of every process; it is loaded already. Refused on a kernel without AppArmor.
   * @default as inherited
   */
  readonly apparmorProfile?: string
  /**
   * The SELinux context of every process, `user:role:type:level`. Refused on a kernel without SELinux.
   * @default as the policy has it
   */
  readonly selinuxLabel?: string
  /**
   * The SELinux context of the files in new file systems (`context=` of mount(8)), and of binds that are relabelled.
   * Refused on a kernel without SELinux. @default as the policy has it
   */
  readonly mountLabel?: string
  /** Programs that run as part of the container's life. @default none */
  readonly hooks?: Hooks
  /** Kept in the state, for the caller's own use; hooks get them as annotations. @default {} */
  readonly labels?: Readonly<Record<string, string>>
}

type Filled<T, K extends keyof T> = Omit<T, K> & { readonly [P in K]-?: NonNullable<T[P]> }

/** A configuration whose fields were each checked, defaults filled in; what the fields say together is unchecked. */
export type FilledConfig = Filled<
  Omit<ContainerConfig, 'capabilities' | 'rlimits' | 'seccomp'>,
  | 'readonlyRootfs'
  | 'noPivotRoot'
  | 'namespaces'
  | 'mounts'
  | 'devices'
  | 'maskedPaths'
  | 'readonlyPaths'
  | 'sysctl'
  | 'noNewPrivileges'
  | 'additionalGroups'
  | 'networks'
  | 'routes'
  | 'labels'
> & {
  readonly capabilities: FullCapabilitySets
  readonly rlimits: readonly ExactRlimit[]
  /** Absent: the default profile, which the plan makes. It is long, and would be in every state. */
  readonly seccomp?: ExactSeccomp | null
}

declare const validated: unique symbol

/** A configuration that was checked and has its defaults filled in. Only `validateConfig` makes one. */
export type ValidConfig = FilledConfig & { readonly [validated]: 'config' }

/** A process whose fields were checked, defaults filled in. */
export type FilledProcess = Filled<
  Omit<ProcessSpec, 'args' | 'capabilities' | 'rlimits' | 'terminal'>,
  'env' | 'user' | 'cwd' | 'umask'
> & {
  readonly args: readonly [string, ...string[]]
  readonly terminal?: TerminalOptions | false
  readonly capabilities?: FullCapabilitySets
  readonly rlimits?: readonly ExactRlimit[]
}

/** A process that was checked and has its defaults filled in. Only `validateProcess` makes one. */
export type ValidProcess = FilledProcess & { readonly [validated]: 'process' }
