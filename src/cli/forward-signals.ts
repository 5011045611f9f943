// Owns passing signals on: what would end or disturb this program goes to the container's process instead. A change
// of the window is told, and not passed on: the container has another window.

import { type Kernel, type ProcessHandle, SIGNALS, syscall } from '../core.ts'
import type { Host } from './host.ts'

/**
 * Those that are about us: of our children, of broken pipes, of faults, and two that libc keeps (32, 33). As runc has
 * it, every other one is the container's.
 */
const KEPT: readonly number[] = [
  SIGNALS.SIGCHLD,
  SIGNALS.SIGPIPE,
  SIGNALS.SIGURG,
  SIGNALS.SIGILL,
  SIGNALS.SIGTRAP,
  SIGNALS.SIGBUS,
  SIGNALS.SIGFPE,
  SIGNALS.SIGSEGV,
  SIGNALS.SIGSYS,
  32,
  33,
]
const LAST_SIGNAL = 64
const PASSED_ON: readonly number[] = Array.from({ length: LAST_SIGNAL }, (_, index) => index + 1).filter(
  (signal) => !KEPT.includes(signal),
)

/** What the kernel takes as a set of signals. */
const SIGSET_BYTES = 8
/** sizeof(struct kernel_sigaction) on 64-bit architectures; all zero is SIG_DFL. */
const SIGACTION_BYTES = 32

export interface SignalForwarding {
  /** Passes on what came so far, and what comes. */
  to(process: ProcessHandle, onWindowChange?: () => void): void
  stop(): void
}

/** From now on the signals wait for `to`. The ends of children can be waited for. @throws LibcontainerError SystemError */
export function forwardSignals(kernel: Kernel, host: Host): SignalForwarding {
  // Where our caller ignores it, the kernel would reap for us, and keep the exit status to itself.
  syscall(kernel, 'rt_sigaction', SIGNALS.SIGCHLD, new Uint8Array(SIGACTION_BYTES), null, SIGSET_BYTES)
  const source = host.openSignals(kernel, PASSED_ON)
  return {
    to: (process, onWindowChange = () => undefined) =>
      source.receive((signal) => {
        if (signal === SIGNALS.SIGWINCH) onWindowChange()
        else process.signal(signal)
      }),
    stop: () => source.stop(),
  }
}
