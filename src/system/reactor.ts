// Owns waiting: for a descriptor, for a time, for the end of a process. The only source of asynchrony in the core.

import { ERRNO } from '../abi/errno.ts'
import { P_PIDFD, POLLIN, WEXITED, WNOHANG } from '../abi/flags.ts'
import { closeFd } from './fd.ts'
import type { Kernel } from './kernel.ts'
import { syscall, systemError } from './syscall.ts'
import { openTimer } from './timer.ts'

const CLOCK_MONOTONIC = 1

/** Waits so many milliseconds. @throws SystemError */
export async function sleep(kernel: Kernel, milliseconds: number): Promise<void> {
  const timer = openTimer(kernel, milliseconds, 'once')
  try {
    await kernel.poll(timer, POLLIN)
  } finally {
    closeFd(kernel, timer)
  }
}

/** Milliseconds of the monotonic clock, with a fraction. */
export function monotonicMs(kernel: Kernel): number {
  const time = new BigInt64Array(2)
  syscall(kernel, 'clock_gettime', CLOCK_MONOTONIC, new Uint8Array(time.buffer))
  return Number(time[0] as bigint) * 1000 + Number(time[1] as bigint) / 1e6
}

/** How a process ended (waitid(2)). */
export interface WaitResult {
  /** The exit code; null when a signal ended it. */
  readonly exitCode: number | null
  /** The number of the signal that ended it; null when it exited. */
  readonly signal: number | null
  readonly coreDumped: boolean
}

export const CLD_EXITED = 1
const CLD_DUMPED = 3

/** Reaps a child that ended. @returns null when it still runs, or is not our child. */
export function reapChild(kernel: Kernel, pidfd: number): WaitResult | null {
  const info = new Int32Array(32)
  const result = syscall(
    kernel,
    'waitid',
    P_PIDFD,
    pidfd,
    new Uint8Array(info.buffer),
    WEXITED | WNOHANG,
    null,
  )
  // siginfo_t: si_signo, si_errno, si_code, padding, si_pid, si_uid, si_status
  if (result < 0 || info[0] === 0) return null
  const status = info[6] as number
  const exited = info[2] === CLD_EXITED
  return {
    exitCode: exited ? status : null,
    signal: exited ? null : status,
    coreDumped: info[2] === CLD_DUMPED,
  }
}

/** Reaps a child that has ended or is about to; holds the thread until then. */
export function awaitChild(kernel: Kernel, pidfd: number): void {
  while (syscall(kernel, 'waitid', P_PIDFD, pidfd, null, WEXITED, null) === -ERRNO.EINTR);
}

/** Waits until the process behind a pidfd ended; a zombie has ended. @throws SystemError when it cannot be watched */
export async function waitForEnd(kernel: Kernel, pidfd: number): Promise<void> {
  const events = await kernel.poll(pidfd, POLLIN)
  if (events < 0) throw systemError(events, 'poll', { action: 'wait for the end of a process' })
}
