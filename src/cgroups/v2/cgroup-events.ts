// Owns cgroup.events of cgroup v2: `populated` and `frozen`, read, and waited for without polling the file.

import { ERRNO } from '../../abi/errno.ts'
import { AT_FDCWD, O_CLOEXEC, O_RDONLY } from '../../abi/flags.ts'
import { closeFd } from '../../system/fd.ts'
import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { pollWithin } from '../../system/poll-within.ts'
import { monotonicMs } from '../../system/reactor.ts'
import { checked, syscall } from '../../system/syscall.ts'
import { parseKeyedCounters } from '../read-counters.ts'

export type CgroupEvents = Readonly<Record<string, bigint>>

/** Larger than cgroup.events will ever be. */
const SIZE = 4096
/** poll(2): what a cgroup's file reports when it changed since it was read. */
const POLLPRI = 2

/** What cgroup.events says, or null when the cgroup does not exist. @throws LibcontainerError SystemError */
export function readCgroupEvents(kernel: Kernel, directory: string): CgroupEvents | null {
  const text = readTextIfExists(kernel, `${directory}/cgroup.events`)
  return text === null ? null : parseKeyedCounters(text)
}

/**
 * Waits until a key of cgroup.events has a value, or the cgroup is gone.
 * @returns false when the time was up first
 * @throws LibcontainerError SystemError
 */
export async function waitForCgroupEvent(
  kernel: Kernel,
  directory: string,
  key: 'populated' | 'frozen',
  value: 0n | 1n,
  timeoutMs: number,
): Promise<boolean> {
  const path = `${directory}/cgroup.events`
  const deadline = monotonicMs(kernel) + timeoutMs
  const fd = syscall(kernel, 'openat', AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0)
  if (fd === -ERRNO.ENOENT) return true
  checked(fd, 'openat', { action: 'read', object: path })
  const buffer = new Uint8Array(SIZE)
  try {
    for (let pauseMs = 1; ; pauseMs *= 2) {
      // The read comes first: the kernel reports what changed since the last one.
      const sought = syscall(kernel, 'lseek', fd, 0, 0)
      const length = sought < 0 ? sought : syscall(kernel, 'read', fd, buffer, SIZE)
      if (length === -ERRNO.ENODEV) return true
      checked(length, 'read', { action: 'read', object: path })
      if (parseKeyedCounters(kernel.decodeText(buffer.subarray(0, length)))[key] === value) return true
      const left = deadline - monotonicMs(kernel)
      if (left <= 0) return false
      // The kernel reports at most one change in 10 ms and the next one late: what ends soon is looked for again.
      checked(await pollWithin(kernel, fd, POLLPRI, Math.min(left, pauseMs)), 'ppoll', {
        action: 'wait for',
        object: path,
      })
    }
  } finally {
    closeFd(kernel, fd)
  }
}
