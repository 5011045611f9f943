// Owns finding the cgroup v2 directory in which a process can be born (CLONE_INTO_CGROUP).

import { openDirectory, readText, readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { childCgroups } from '../cgroup-directories.ts'

/**
 * Opens a container's cgroup for clone3. A container with cgroups of its own (systemd, Docker) has moved its
 * processes below, and its cgroup takes none any more: then it is the one where its first process is.
 * @param init pid of the container's first process; absent while there is none
 * @returns a descriptor, owned by the caller
 * @throws LibcontainerError SystemError
 */
export function openForClone(kernel: Kernel, directory: string, init?: number): number {
  const takesNone =
    init !== undefined && readText(kernel, `${directory}/cgroup.subtree_control`).trim() !== ''
  return openDirectory(kernel, (takesNone ? findCgroupOf(kernel, directory, init) : null) ?? directory)
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
