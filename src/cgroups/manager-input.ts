// Owns what the managers of v1 and v2 are made from, and the names of paths in a state file.

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Kernel } from '../system/kernel.ts'
import type { CgroupPlace } from './hierarchies.ts'

/** The name of the v2 directory among a container's paths. */
export const UNIFIED = 'unified'

export interface ManagerInput {
  readonly kernel: Kernel
  readonly places: readonly CgroupPlace[]
  /** null for a manager of saved paths. */
  readonly config: CgroupConfig | null
  /** How long to wait for the kernel to freeze, thaw or let go of processes. */
  readonly timeoutMs: number
}

/** The directory by controller, as it is kept in a state file. */
export function pathsOf(places: readonly CgroupPlace[]): Readonly<Record<string, string>> {
  const paths: Record<string, string> = {}
  for (const { controllers, directory } of places) for (const name of controllers) paths[name] = directory
  return Object.freeze(paths)
}
