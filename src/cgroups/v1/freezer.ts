// Owns the freezer controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst).

import { ERRNO } from '../../abi/errno.ts'
import { AT_FDCWD } from '../../abi/flags.ts'
import { LibcontainerError } from '../../errors.ts'
import { readText, readTextIfExists, writeText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { monotonicMs, sleep } from '../../system/reactor.ts'
import { systemError } from '../../system/syscall.ts'

const MAX_PAUSE_MS = 20
/** Rounds of waiting before the processes are let go for a moment. */
const ROUNDS_TO_THAW = 4

/**
 * Freezes a cgroup and waits until the kernel says FROZEN. A process that waits for one that is frozen already may
 * keep it at FREEZING for ever; so now and then all are thawed and frozen anew.
 * @throws LibcontainerError SystemError; then it is thawed
 */
export async function freezeV1(kernel: Kernel, directory: string, timeoutMs: number): Promise<void> {
  const file = `${directory}/freezer.state`
  const deadline = monotonicMs(kernel) + timeoutMs
  try {
    for (let round = 1, pauseMs = 1; ; round++) {
      writeText(kernel, file, 'FROZEN')
      if (readText(kernel, file) === 'FROZEN\n') return
      if (monotonicMs(kernel) > deadline) throw stillFreezing(directory, timeoutMs)
      await sleep(kernel, pauseMs)
      pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)
      if (readText(kernel, file) === 'FROZEN\n') return
      if (round % ROUNDS_TO_THAW === 0) writeText(kernel, file, 'THAWED')
    }
  } catch (error) {
    thawQuietly(kernel, directory)
    throw error
  }
}

/** Thaws a cgroup. @throws LibcontainerError SystemError, also when one above it stays frozen */
export function thawV1(kernel: Kernel, directory: string): void {
  writeText(kernel, `${directory}/freezer.state`, 'THAWED')
  if (!isFrozenV1(kernel, directory)) return
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'thaw cgroup',
    object: directory,
    reason: 'a cgroup above it is frozen',
  })
}

/** Whether the kernel was told to freeze it, or one above it; false when it does not exist. */
export function isFrozenV1(kernel: Kernel, directory: string): boolean {
  const state = readTextIfExists(kernel, `${directory}/freezer.state`)
  return state !== null && state !== 'THAWED\n'
}

/** Tells the freezer without waiting for it, as a help to killing: what does not run does not fork. */
export function stopForksV1(kernel: Kernel, directory: string): void {
  kernel.writeFile(AT_FDCWD, `${directory}/freezer.state`, 0, 'FROZEN')
}

/** Thaws what SIGKILL was sent to: it dies when it runs. @throws LibcontainerError SystemError: else it never would */
export function thawKilledV1(kernel: Kernel, directory: string): void {
  const file = `${directory}/freezer.state`
  const result = kernel.writeFile(AT_FDCWD, file, 0, 'THAWED')
  if (result < 0 && result !== -ERRNO.ENOENT && result !== -ERRNO.ENODEV)
    throw systemError(result, 'write', { action: 'thaw cgroup', object: directory })
}

/** Thaws as far as it goes. */
function thawQuietly(kernel: Kernel, directory: string): void {
  kernel.writeFile(AT_FDCWD, `${directory}/freezer.state`, 0, 'THAWED')
}

function stillFreezing(directory: string, timeoutMs: number): LibcontainerError {
  return new LibcontainerError({
    code: 'SystemError',
    action: 'freeze cgroup',
    object: directory,
    reason: `it was still FREEZING after ${timeoutMs} ms`,
    hint: 'a process in it is in an uninterruptible sleep (state D in ps)',
  })
}
