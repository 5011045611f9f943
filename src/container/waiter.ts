// Owns waiting for a process with as little as can be: briefly by the engine, then as init's waiter
// (native/init/wait.c), which takes some kilobytes. The way back from there is the calling program, begun anew.

import { AT_FDCWD, F_SETFD, FD_CLOEXEC, O_PATH } from '../abi/flags.ts'
import { LIMITS } from '../protocol/schema.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { sleep } from '../system/reactor.ts'
import { syscall } from '../system/syscall.ts'
import type { ExitStatus, ProcessHandle } from './process.ts'

/** What becomes of the calling program while it waits. */
export interface Waiting {
  /** What the list of processes shows. */
  readonly name: string
  /** What comes then. @default nothing: it exits with the status of the process */
  readonly comeBack?: ComeBack | undefined
}

/** What the calling program executes itself with at the end. */
export interface ComeBack {
  /** argv[0], then arguments. The exit status comes behind them. */
  readonly argv: readonly string[]
  readonly env: readonly string[]
}

/** How a process ended; null when it runs for longer than so many milliseconds. @throws SystemError */
export async function waitBriefly(
  kernel: Kernel,
  process: ProcessHandle,
  timeoutMs: number,
): Promise<ExitStatus | null> {
  await Promise.race([process.wait(), sleep(kernel, timeoutMs)])
  return process.ended
}

/**
 * Makes the calling program the waiter for a child of it. Signals go to the child from then on, but for those of
 * terminals and of broken pipes; every other child is reaped; all descriptors but the standard streams are closed. At the
 * end the program is executed again, or is over. Signals that are blocked before stay so, and none of them is lost.
 * Preconditions: nobody watches the process.
 * @returns only when the kernel refuses, or its end was taken before, and then nothing has changed
 */
export function becomeWaiter(kernel: Kernel, process: ProcessHandle, { name, comeBack }: Waiting): void {
  const { pidfd } = process
  // Whoever looked at the state last may have taken its end.
  if (pidfd < 0) return
  const argv = [name, String(pidfd)]
  let program = -1
  if (comeBack !== undefined) {
    // The program as it runs, whatever its path leads to by now.
    program = syscall(kernel, 'openat', AT_FDCWD, '/proc/self/exe', O_PATH, 0)
    if (program < 0) return
    argv.push(String(program), ...comeBack.argv, '0'.repeat(LIMITS.WAITER_STATUS_DIGITS))
  }
  syscall(kernel, 'fcntl', pidfd, F_SETFD, 0)
  kernel.exec(kernel.initImage(), argv, comeBack?.env ?? [])
  syscall(kernel, 'fcntl', pidfd, F_SETFD, FD_CLOEXEC)
  closeFd(kernel, program)
}
