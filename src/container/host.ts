// Owns what all containers of a factory share: the kernel, the root directory, options, and facts that do not change.

import { readCgroupHierarchies } from '../cgroups/detect.ts'
import type { CgroupHierarchies } from '../cgroups/hierarchies.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Caller } from '../plan/host-facts.ts'
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
  /** What an id may be: letters, digits and `_`, or as OCI runtimes have it. @default 'libcontainer' */
  readonly idGrammar?: 'libcontainer' | 'oci'
}

export interface Host {
  readonly kernel: Kernel
  readonly root: string
  readonly options: FactoryOptions
  readonly self: ProcessIdentity
  readonly caller: Caller
  readonly ignoredSignals: readonly number[]
  readonly seccompFilters: SeccompFilters
  readonly hasMountSetattr: boolean
  /** Read at the first need of it: a container without a cgroup needs none. */
  hierarchies(): CgroupHierarchies
}

export function createHost(kernel: Kernel, root: string, options: FactoryOptions): Host {
  const own = readOwnRights(kernel)
  let hierarchies: CgroupHierarchies | null = null
  return {
    kernel,
    root,
    options,
    self: readOwnIdentity(kernel),
    caller: describeCaller(kernel, own),
    ignoredSignals: own.ignoredSignals,
    seccompFilters: new SeccompFilters(kernel.arch),
    hasMountSetattr: hasMountSetattr(kernel),
    hierarchies: () => {
      hierarchies ??= readCgroupHierarchies(kernel)
      return hierarchies
    },
  }
}

function describeCaller(kernel: Kernel, { uid, gid, isAdministrator }: OwnRights): Caller {
  if (!isAdministrator) return { uid, gid, rights: 'user' }
  if (isInitialUserNamespace(kernel)) return { uid, gid, rights: 'root' }
  return { uid, gid, rights: 'root of a user namespace', gidMappings: readOwnGroups(kernel) }
}
