// Owns making a cgroup another user's: the directory, and the files that the kernel lets its owner write
// (cgroups(7), "Cgroup delegation: delegating a hierarchy to a less privileged user"). Limits stay the caller's.

import { ERRNO } from '../../abi/errno.ts'
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../abi/flags.ts'
import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { checked, syscall } from '../../system/syscall.ts'

/** The kernel's list, since Linux 4.15. */
const LIST = '/sys/kernel/cgroup/delegate'
const USUAL = 'cgroup.procs\ncgroup.threads\ncgroup.subtree_control'
const SAME_GROUP = 0xffff_ffff

/** Of a file that this kernel has not, and of a caller who may not give away: it stays the caller's then. */
const PASSED_OVER: readonly number[] = [-ERRNO.ENOENT, -ERRNO.EPERM]

/** @param uid of the host @throws LibcontainerError SystemError */
export function handOver(kernel: Kernel, directory: string, uid: number): void {
  const files = (readTextIfExists(kernel, LIST) ?? USUAL).split('\n').filter((name) => name !== '')
  for (const path of [directory, ...files.map((name) => `${directory}/${name}`)]) {
    const result = syscall(kernel, 'fchownat', AT_FDCWD, path, uid, SAME_GROUP, AT_SYMLINK_NOFOLLOW)
    if (!PASSED_OVER.includes(result)) checked(result, 'fchownat', { action: 'hand over', object: path })
  }
}
