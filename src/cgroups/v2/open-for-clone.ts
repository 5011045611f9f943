// Owns finding the cgroup v2 directory in which a process can be born (CLONE_INTO_CGROUP).

import { O_DIRECTORY } from '../../abi/flags.ts'
import { openFd } from '../../system/fd.ts'
import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { parseCgroupFile } from '../../system/procfs.ts'
import { childCgroups } from '../cgroup-directories.ts'
import { readCgroupHierarchies } from '../detect.ts'
import { visiblePath } from '../locate-cgroup.ts'

/**
 * Opens a container's cgroup for clone3.
 * @param init as for `directoryForClone`
 * @returns a descriptor, owned by the caller
 * @throws LibcontainerError SystemError
 */
export function openForClone(kernel: Kernel, directory: string, init?: number): number {
  const object = directoryForClone(kernel, directory, init)
  return openFd(kernel, object, O_DIRECTORY[kernel.arch], { action: 'open the cgroup', object })
}

/**
 * A container's cgroup, or where its first process has moved to, if no process can be put there any more: it is gone,
 * or it has cgroups below (systemd, Docker) and takes none itself.
 * @param init pid of the container's first process; absent while there is none
 */
export function directoryForClone(kernel: Kernel, directory: string, init?: number): string {
  if (init === undefined) return directory
  const handedOut = readTextIfExists(kernel, `${directory}/cgroup.subtree_control`)
  if (handedOut === null) return directoryOfProcess(kernel, init) ?? directory
  return (handedOut.trim() === '' ? null : findCgroupOf(kernel, directory, init)) ?? directory
}

function directoryOfProcess(kernel: Kernel, pid: number): string | null {
  const path = parseCgroupFile(readTextIfExists(kernel, `/proc/${pid}/cgroup`) ?? '').get('')
  const { unified } = readCgroupHierarchies(kernel)
  const visible = path === undefined || unified === null ? null : visiblePath(unified.root, path)
  return visible === null ? null : `${unified?.mountPoint}${visible}`
}

function findCgroupOf(kernel: Kernel, directory: string, pid: number): string | null {
  const pids = readTextIfExists(kernel, `${directory}/cgroup.procs`)?.split('\n') ?? []
  if (pids.includes(String(pid))) return directory
  for (const child of childCgroups(kernel, directory)) {
    const found = findCgroupOf(kernel, child, pid)
    if (found !== null) return found
  }
  return null
}
