// Owns recognising v2 in its usual place, as it is on most machines, without reading what may be hundreds of mounts.
// What is not certainly that is left to those who read them.

import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, CGROUP2_SUPER_MAGIC, STATX_BASIC_STATS } from '../abi/flags.ts'
import { STATFS_FLAGS, STATFS_SIZE, STATX_INO, STATX_SIZE } from '../abi/structs.ts'
import type { Kernel } from '../system/kernel.ts'
import { syscall } from '../system/syscall.ts'
import type { CgroupHierarchies } from './hierarchies.ts'

const USUAL = '/sys/fs/cgroup'
/** The root of every hierarchy (kernel/cgroup/cgroup.c); a mount of a part of it shows another inode. */
const ROOT_INO = 1
/** The inode of the initial cgroup namespace (include/linux/proc_ns.h). */
const PROC_CGROUP_INIT_INO = 0xefff_fffb
const ST_RDONLY = 1

/**
 * v2 alone, whole and writable at /sys/fs/cgroup; null when it is not, or in a cgroup namespace, where paths begin
 * elsewhere. The controllers are left empty.
 * @param own what parseCgroupFile says of the caller
 */
export function readUsualTree(
  kernel: Kernel,
  own: ReadonlyMap<string, string>,
): Omit<CgroupHierarchies, 'devicePrograms'> | null {
  const path = own.get('')
  if (own.size !== 1 || path === undefined) return null
  const isUsual =
    isWritableTree(kernel) &&
    readInode(kernel, USUAL, AT_SYMLINK_NOFOLLOW) === ROOT_INO &&
    readInode(kernel, '/proc/self/ns/cgroup', 0) === PROC_CGROUP_INIT_INO
  if (!isUsual) return null
  return { version: 2, v1: [], unified: { controllers: [], mountPoint: USUAL, root: '/', own: path } }
}

function isWritableTree(kernel: Kernel): boolean {
  const words = new Uint32Array(STATFS_SIZE / 4)
  if (syscall(kernel, 'statfs', USUAL, new Uint8Array(words.buffer)) < 0) return false
  return words[0] === CGROUP2_SUPER_MAGIC && ((words[STATFS_FLAGS / 4] as number) & ST_RDONLY) === 0
}

// 0, which is nobody's, where it cannot be told.
function readInode(kernel: Kernel, path: string, flags: number): number {
  const words = new Uint32Array(STATX_SIZE / 4)
  const bytes = new Uint8Array(words.buffer)
  if (syscall(kernel, 'statx', AT_FDCWD, path, flags, STATX_BASIC_STATS, bytes) < 0) return 0
  return words[STATX_INO / 4 + 1] === 0 ? (words[STATX_INO / 4] as number) : 0
}
