// Owns passing signals on: what would end or disturb this program goes to the container's process instead. A change
// of the window is told, and not passed on: the container has another window.

import { checked, closeFd, type Kernel, type ProcessHandle, SIGNALS, syscall } from '../core.ts'

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

const SIG_BLOCK = 0
const SFD_CLOEXEC_NONBLOCK = 0x80800
/** struct signalfd_siginfo begins with ssi_signo (signalfd(2)). */
const SIGINFO_BYTES = 128
const POLLIN = 1

export interface SignalForwarding {
  /** Passes on what came so far, and what comes. */
  to(process: ProcessHandle, onWindowChange?: () => void): void
  stop(): void
}

/** sizeof(struct kernel_sigaction) on 64-bit architectures; all zero is SIG_DFL. */
const SIGACTION_BYTES = 32

/** From now on the signals wait for `to`. The ends of children can be waited for. @throws LibcontainerError SystemError */
export function forwardSignals(kernel: Kernel): SignalForwarding {
  let bits = 0n
  for (let signal = 1; signal <= LAST_SIGNAL; signal++)
    if (!KEPT.includes(signal)) bits |= 1n << BigInt(signal - 1)
  const mask = new Uint8Array(new BigUint64Array([bits]).buffer)
  const attempt = { action: 'wait for signals' }
  // Where our caller ignores it, the kernel would reap for us, and keep the exit status to itself.
  syscall(kernel, 'rt_sigaction', SIGNALS.SIGCHLD, new Uint8Array(SIGACTION_BYTES), null, mask.length)
  checked(syscall(kernel, 'rt_sigprocmask', SIG_BLOCK, mask, null, mask.length), 'rt_sigprocmask', attempt)
  const fd = checked(
    syscall(kernel, 'signalfd4', -1, mask, mask.length, SFD_CLOEXEC_NONBLOCK),
    'signalfd4',
    attempt,
  )
  return {
    to: (process, onWindowChange = () => undefined) => void passOn(kernel, fd, process, onWindowChange),
    stop: () => closeFd(kernel, fd),
  }
}

async function passOn(
  kernel: Kernel,
  fd: number,
  process: ProcessHandle,
  onWindowChange: () => void,
): Promise<void> {
  const info = new Uint8Array(SIGINFO_BYTES)
  for (;;) {
    while (syscall(kernel, 'read', fd, info, info.length) === SIGINFO_BYTES) {
      const [signal = 0] = info
      if (signal === SIGNALS.SIGWINCH) onWindowChange()
      else process.signal(signal)
    }
    if ((await kernel.poll(fd, POLLIN)) <= 0) return
  }
}
