// Owns removing a container's cgroups once its processes are gone, and naming those that are not.

import { ERRNO, errnoName } from '../abi/errno.ts'
import { LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { monotonicMs, sleep } from '../system/reactor.ts'
import { removeCgroup, removeMarkedParents } from './cgroup-directories.ts'
import { readCgroupPids } from './cgroup-processes.ts'
import type { CgroupPlace } from './hierarchies.ts'

const MAX_PAUSE_MS = 64
/** A list of pids longer than this helps nobody. */
const MAX_PIDS_NAMED = 16

/**
 * Removes cgroups, those below them, and the parents that we made and that are empty then. EBUSY is waited out: an
 * ended process stays in its cgroup for a moment. What does not exist is no error.
 * @param deadline of the monotonic clock, milliseconds
 * @throws LibcontainerError SystemError
 */
export async function removeCgroups(
  kernel: Kernel,
  places: readonly CgroupPlace[],
  deadline: number,
): Promise<void> {
  let left = places.map(({ directory }) => directory)
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    left = left.filter((directory) => !isRemoved(kernel, directory))
    const [stuck] = left
    if (stuck === undefined) break
    if (monotonicMs(kernel) >= deadline) throw refuseRemoval(kernel, stuck)
    await sleep(kernel, pauseMs)
  }
  for (const place of places) removeMarkedParents(kernel, place)
}

function isRemoved(kernel: Kernel, directory: string): boolean {
  const result = removeCgroup(kernel, directory)
  if (result === -ERRNO.EBUSY || result === -ERRNO.ENOTEMPTY) return false
  if (result === 0) return true
  const errno = errnoName(result)
  throw removalError(directory, errno, errno)
}

function refuseRemoval(kernel: Kernel, directory: string): LibcontainerError {
  const pids = readCgroupPids(kernel, directory)
  const more = pids.length > MAX_PIDS_NAMED ? ` and ${pids.length - MAX_PIDS_NAMED} more` : ''
  const holders =
    pids.length === 0
      ? 'the kernel still counts processes in it'
      : `processes are in it: ${pids.slice(0, MAX_PIDS_NAMED).join(', ')}${more}`
  return removalError(directory, holders, 'EBUSY')
}

function removalError(directory: string, reason: string, errno: string): LibcontainerError {
  const facts = {
    code: 'SystemError',
    action: 'remove cgroup',
    object: directory,
    syscall: 'unlinkat',
  } as const
  return new LibcontainerError({ ...facts, reason, errno })
}
