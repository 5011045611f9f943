// Owns ending processes of ours, known by pidfd: killed, waited for, reaped.

import { SIGNALS } from '../abi/signals.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { awaitChild, waitForEnd } from '../system/reactor.ts'
import { syscall } from '../system/syscall.ts'

/** A process that runs its command by now. */
export interface Launched {
  readonly pid: number
  /** Owned by the caller. */
  readonly pidfd: number
}

function killProcess(kernel: Kernel, process: Launched): void {
  syscall(kernel, 'pidfd_send_signal', process.pidfd, SIGNALS.SIGKILL, null, 0)
}

/** Also what the leader of a session has started in its group. Nothing once it is reaped: the number is not its own then. */
export function killGroup(kernel: Kernel, { pid, pidfd }: Launched): void {
  if (syscall(kernel, 'pidfd_send_signal', pidfd, SIGNALS.SIGKILL, null, 0) === 0)
    syscall(kernel, 'kill', -pid, SIGNALS.SIGKILL)
}

/** Empties the list. */
export async function endAll(kernel: Kernel, processes: Launched[]): Promise<void> {
  for (const process of processes.splice(0)) {
    killProcess(kernel, process)
    // Where the reactor refuses, this thread waits: SIGKILL takes no more than a moment.
    await waitForEnd(kernel, process.pidfd).catch(() => undefined)
    awaitChild(kernel, process.pidfd)
    closeFd(kernel, process.pidfd)
  }
}
