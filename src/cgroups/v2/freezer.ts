// Owns cgroup.freeze of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst, "Core Interface Files").

import { LibcontainerError } from '../../errors.ts'
import { readTextIfExists, writeText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { readCgroupEvents, waitForCgroupEvent } from './cgroup-events.ts'

/** Freezes a cgroup and waits until the kernel says so. @throws LibcontainerError SystemError; then it is thawed */
export async function freezeV2(kernel: Kernel, directory: string, timeoutMs: number): Promise<void> {
  const file = `${directory}/cgroup.freeze`
  writeText(kernel, file, '1')
  let isDone = false
  try {
    isDone = await waitForCgroupEvent(kernel, directory, 'frozen', 1n, timeoutMs)
  } finally {
    if (!isDone) writeText(kernel, file, '0')
  }
  if (!isDone)
    throw tookTooLong('freeze', directory, timeoutMs, 'a process in it is in an uninterruptible sleep')
}

/** Thaws a cgroup and waits until the kernel says so. @throws LibcontainerError SystemError */
export async function thawV2(kernel: Kernel, directory: string, timeoutMs: number): Promise<void> {
  writeText(kernel, `${directory}/cgroup.freeze`, '0')
  if (await waitForCgroupEvent(kernel, directory, 'frozen', 0n, timeoutMs)) return
  throw tookTooLong('thaw', directory, timeoutMs, 'a cgroup above it is frozen')
}

/** Whether the kernel was told to freeze it, or one above it; false when it does not exist. */
export function isFrozenV2(kernel: Kernel, directory: string): boolean {
  // A process that was started in it just now makes `frozen` 0 for a moment.
  return (
    readCgroupEvents(kernel, directory)?.frozen === 1n ||
    readTextIfExists(kernel, `${directory}/cgroup.freeze`) === '1\n'
  )
}

function tookTooLong(verb: string, directory: string, timeoutMs: number, hint: string): LibcontainerError {
  const reason = `not done after ${timeoutMs} ms`
  return new LibcontainerError({
    code: 'SystemError',
    action: `${verb} cgroup`,
    object: directory,
    reason,
    hint,
  })
}
