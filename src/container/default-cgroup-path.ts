// Owns where a container's cgroup is when nobody says where, and whether the caller can have one there at all.

import { AT_EACCESS, AT_FDCWD } from '../abi/flags.ts'
import { readCgroupHierarchies } from '../cgroups/detect.ts'
import { isRootOfMachine } from '../cgroups/device-privilege.ts'
import { locateCgroup, parentOf } from '../cgroups/locate-cgroup.ts'
import type { Kernel } from '../system/kernel.ts'
import { syscall } from '../system/syscall.ts'

const W_OK = 2

/**
 * The cgroup of a container that is named by its id alone: below the caller's own on v1, beside it on v2. undefined
 * for a caller to whom no such place was delegated (cgroups(7)), who then goes without.
 */
export function defaultCgroupPath(kernel: Kernel, id: string): string | undefined {
  if (isRootOfMachine(kernel)) return id
  const { version, v1, unified } = readCgroupHierarchies(kernel)
  const hierarchies = unified === null ? v1 : [...v1, unified]
  const isOurs = hierarchies.every((hierarchy) =>
    isWritable(kernel, parentOf(locateCgroup(version, hierarchy, id))),
  )
  return isOurs ? id : undefined
}

function isWritable(kernel: Kernel, directory: string): boolean {
  return syscall(kernel, 'faccessat2', AT_FDCWD, directory, W_OK, AT_EACCESS) === 0
}
