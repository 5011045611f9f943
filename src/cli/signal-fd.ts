// Owns receiving signals by descriptor. It needs a program of one thread: the kernel gives a signal that one thread
// blocks to another.

import { checked, closeFd, type Kernel, syscall } from '../core.ts'

const SIG_BLOCK = 0
const SFD_CLOEXEC_NONBLOCK = 0x80800
/** What the kernel takes as a set of signals: a bit for each, from 1 on, as little-endian words. */
const SIGSET_BYTES = 8
/** struct signalfd_siginfo begins with ssi_signo (signalfd(2)). */
const SIGINFO_BYTES = 128
const POLLIN = 1

/** Signals that wait for somebody to receive them. */
export interface SignalSource {
  /** What came so far, and what comes. Called once at most. */
  receive(onSignal: (signal: number) => void): void
  /** None is received any more. */
  stop(): void
}

/** They stay blocked after the end, and through execve. @throws LibcontainerError SystemError */
export function openSignalFd(kernel: Kernel, signals: readonly number[]): SignalSource {
  const mask = new Uint8Array(SIGSET_BYTES)
  for (const signal of signals) {
    const bit = signal - 1
    mask[bit >> 3] = (mask[bit >> 3] as number) | (1 << (bit & 7))
  }
  const attempt = { action: 'wait for signals' }
  checked(syscall(kernel, 'rt_sigprocmask', SIG_BLOCK, mask, null, mask.length), 'rt_sigprocmask', attempt)
  const fd = checked(
    syscall(kernel, 'signalfd4', -1, mask, mask.length, SFD_CLOEXEC_NONBLOCK),
    'signalfd4',
    attempt,
  )
  return {
    receive: (onSignal) => void receive(kernel, fd, onSignal),
    stop: () => closeFd(kernel, fd),
  }
}

async function receive(kernel: Kernel, fd: number, onSignal: (signal: number) => void): Promise<void> {
  const info = new Uint8Array(SIGINFO_BYTES)
  for (;;) {
    while (syscall(kernel, 'read', fd, info, info.length) === SIGINFO_BYTES) onSignal(info[0] as number)
    if ((await kernel.poll(fd, POLLIN)) <= 0) return
  }
}
