// Owns what all containers of a factory share: the kernel, the root directory, options, and facts that do not change.

import { readCgroupHierarchies } from '../cgroups/detect.ts'
import type { CgroupHierarchies } from '../cgroups/hierarchies.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Trace } from '../launch/trace.ts'
import type { Caller } from '../plan/host-facts.ts'
import type { StateHead } from '../state/container-state.ts'
import type { Kernel } from '../system/kernel.ts'
import { hasMountSetattr } from '../system/mount-setattr.ts'
import { isInitialUserNamespace, type OwnRights, readOwnGroups, readOwnRights } from '../system/own-rights.ts'
import { type ProcessIdentity, readOwnIdentity } from '../system/procfs.ts'

import { SeccompFilters } from './seccomp-filters.ts'

export interface FactoryOptions {
  /** Mounts a tmpfs on the root directory, unless a mount is there already. @default false */
  readonly tmpfsRoot?: boolean
  /**
   * Who makes cgroups: we, in the file system; systemd, as a unit around the first process (`cgroup.path` is then
   * `slice:prefix:name`, such as `system.slice:demo:web` for `demo-web.scope`); or nobody. @default 'cgroupfs'
   */
  readonly cgroupManager?: 'cgroupfs' | 'systemd' | 'none'
  /** The CRIU program, looked up in PATH when it has no slash. @default 'criu' */
  readonly criuPath?: string
  /** A check of the caller's own on top of ours; it refuses by throwing. @default none */
  readonly validator?: (config: ValidConfig) => void
  /**
   * The environment, `KEY=VALUE`, of hooks that run in the caller's namespaces and have no `env`: OCI runtimes give
   * them their own. @default []
   */
  readonly hookEnv?: readonly string[]
  /**
   * Gets lines for a log of each start: what was done, and what init is told to do. The start waits for it, and fails
   * with what it throws. @default none
   */
  readonly trace?: Trace
  /** What an id may be: letters, digits and `_`, or as OCI runtimes have it. @default 'libcontainer' */
  readonly idGrammar?: 'libcontainer' | 'oci'
}

/** What is kept beside the configuration. */
export interface CreateOptions {
  /** The OCI bundle that the configuration came from: an absolute path, for the state only. @default none */
  readonly bundle?: string
  /**
   * Gives its first process a socket of sd_notify(3), by which it can say that it is ready: `NOTIFY_SOCKET`, in a
   * directory that is bound at `/run/notify`. @default false @see CoreContainer.listenForReadiness
   */
  readonly notifySocket?: boolean
}

/** What is read of the machine is read at the first need of it, and once: most commands need little of it. */
export class Host {
  readonly kernel: Kernel
  readonly root: string
  readonly options: FactoryOptions
  #self: ProcessIdentity | null = null
  #creator: StateHead['creator'] | null = null
  #rights: OwnRights | null = null
  #caller: Caller | null = null
  #seccompFilters: SeccompFilters | null = null
  #hasMountSetattr: boolean | null = null
  #hierarchies: CgroupHierarchies | null = null

  constructor(kernel: Kernel, root: string, options: FactoryOptions) {
    this.kernel = kernel
    this.root = root
    this.options = options
  }

  get self(): ProcessIdentity {
    this.#self ??= readOwnIdentity(this.kernel)
    return this.#self
  }

  /** As states have it: one object for all containers. */
  get creator(): StateHead['creator'] {
    this.#creator ??= { pid: this.self.pid, start: this.self.startTime }
    return this.#creator
  }

  get caller(): Caller {
    this.#caller ??= describeCaller(this.kernel, this.#readRights())
    return this.#caller
  }

  get ignoredSignals(): readonly number[] {
    return this.#readRights().ignoredSignals
  }

  get seccompFilters(): SeccompFilters {
    this.#seccompFilters ??= new SeccompFilters(this.kernel.arch)
    return this.#seccompFilters
  }

  get hasMountSetattr(): boolean {
    this.#hasMountSetattr ??= hasMountSetattr(this.kernel)
    return this.#hasMountSetattr
  }

  get hierarchies(): CgroupHierarchies {
    this.#hierarchies ??= readCgroupHierarchies(this.kernel)
    return this.#hierarchies
  }

  #readRights(): OwnRights {
    this.#rights ??= readOwnRights(this.kernel)
    return this.#rights
  }
}

function describeCaller(kernel: Kernel, { uid, gid, isAdministrator }: OwnRights): Caller {
  if (!isAdministrator) return { uid, gid, rights: 'user' }
  if (isInitialUserNamespace(kernel)) return { uid, gid, rights: 'root' }
  return { uid, gid, rights: 'root of a user namespace', gidMappings: readOwnGroups(kernel) }
}
