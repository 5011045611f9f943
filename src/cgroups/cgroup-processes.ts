// Owns the processes of a cgroup: listing them and killing them one by one. A process is signalled through a pidfd
// and only while the cgroup still lists it; never by its number alone.

import { ERRNO } from '../abi/errno.ts'
import { AT_FDCWD } from '../abi/flags.ts'
import { closeAll } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import { childCgroups } from './cgroup-directories.ts'

const SIGKILL = 9
/** Descriptors that are open at once. */
const BATCH = 128
const LIMIT_BYTES = 16 << 20

/** Gone, going, or a threaded cgroup, whose processes are listed further up. */
const NOTHING_LISTED: readonly number[] = [-ERRNO.ENOENT, -ERRNO.ENODEV, -ERRNO.ENOTSUP]

/**
 * Pids of the processes in a cgroup and in those below it, as the caller's pid namespace numbers them; none when it
 * does not exist. @throws LibcontainerError SystemError
 */
export function readCgroupPids(kernel: Kernel, directory: string): readonly number[] {
  const pids = new Set<number>()
  collectPids(kernel, directory, pids)
  return [...pids]
}

/**
 * SIGKILL to every process in a cgroup and below, those that are forked meanwhile included.
 * @throws LibcontainerError SystemError
 */
export function killCgroupProcesses(kernel: Kernel, directory: string): void {
  const signalled = new Set<number>()
  for (;;) {
    const listed = readCgroupPids(kernel, directory)
      .filter((pid) => !signalled.has(pid))
      .slice(0, BATCH)
    // A fork that SIGKILL came too late for has put its child on the list by now.
    if (listed.length === 0) return
    killListed(kernel, directory, listed)
    for (const pid of listed) signalled.add(pid)
  }
}

// The second listing tells that a pidfd is of a process of the cgroup: if its number went to a stranger before the
// pidfd was opened, the list does not have it; if after, the signal finds nobody.
function killListed(kernel: Kernel, directory: string, pids: readonly number[]): void {
  const pidfds = new Map<number, number>()
  try {
    for (const pid of pids) {
      const pidfd = syscall(kernel, 'pidfd_open', pid, 0)
      if (pidfd >= 0) pidfds.set(pid, pidfd)
      else if (pidfd !== -ERRNO.ESRCH)
        checked(pidfd, 'pidfd_open', { action: 'kill process', object: String(pid) })
    }
    for (const pid of readCgroupPids(kernel, directory)) {
      const pidfd = pidfds.get(pid)
      if (pidfd === undefined) continue
      const result = syscall(kernel, 'pidfd_send_signal', pidfd, SIGKILL, null, 0)
      if (result === -ERRNO.ESRCH) continue
      checked(result, 'pidfd_send_signal', { action: 'kill process', object: String(pid) })
    }
  } finally {
    closeAll(kernel, pidfds.values())
  }
}

function collectPids(kernel: Kernel, directory: string, pids: Set<number>): void {
  const file = `${directory}/cgroup.procs`
  const bytes = kernel.readFile(AT_FDCWD, file, 0, LIMIT_BYTES)
  if (typeof bytes !== 'number') {
    for (const line of kernel.decodeText(bytes).split('\n')) {
      // v2 lists a process that our pid namespace cannot see as 0, which kill(2) takes for the caller's own group.
      if (line !== '' && line !== '0') pids.add(Number(line))
    }
  } else if (!NOTHING_LISTED.includes(bytes)) {
    throw systemError(bytes, 'read', { action: 'list the processes in', object: file })
  } else if (bytes === -ERRNO.ENOENT) return
  for (const child of childCgroups(kernel, directory)) collectPids(kernel, child, pids)
}
