// Owns the handle of a started process: its pid, its end, and signals to it. Known by pidfd, never by pid alone.

import { ERRNO } from '../abi/errno.ts'
import { POLLIN } from '../abi/flags.ts'
import { SIGNALS, type SignalName, signalName, signalNumber } from '../abi/signals.ts'
import { nameOfValue } from '../config/validate/values/describe-value.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { reapChild, type WaitResult } from '../system/reactor.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import type { TerminalHandle } from './terminal.ts'

/** How a process ended. */
export interface ExitStatus {
  /** The exit code; null when a signal ended it. */
  readonly exitCode: number | null
  /** The signal that ended it; null when it exited. */
  readonly signal: SignalName | string | null
  /** The code as shells have it: the exit code, or 128 and the number of the signal. */
  readonly status: number
  readonly coreDumped: boolean
}

interface Waiter {
  readonly resolve: (status: ExitStatus) => void
  readonly reject: (error: Error) => void
}

export class ProcessHandle {
  readonly pid: number
  readonly #kernel: Kernel
  #pidfd: number
  #end: ExitStatus | null = null
  readonly #waiters: Waiter[] = []
  readonly #onEnd: (() => void)[] = []
  #watching = false
  #referenced = false

  /** Its terminal, when it was asked for and nobody else has it. Whoever started the process closes it. */
  readonly terminal: TerminalHandle | null

  /** Takes over the pidfd of a child of ours. */
  constructor(kernel: Kernel, pid: number, pidfd: number, terminal: TerminalHandle | null) {
    this.#kernel = kernel
    this.pid = pid
    this.terminal = terminal
    this.#pidfd = pidfd
    this.ref()
  }

  /** The pidfd, borrowed; -1 after the end. */
  get pidfd(): number {
    return this.#pidfd
  }

  /** How it ended; null while it runs. */
  get ended(): ExitStatus | null {
    return this.#end
  }

  /**
   * Resolves when the process has ended and was reaped; any number of times, also afterwards.
   * @throws SystemError when the kernel refuses to watch it (EMFILE, ENOMEM); it may be asked again
   */
  wait(): Promise<ExitStatus> {
    if (this.#end !== null) return Promise.resolve(this.#end)
    this.ref()
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }))
  }

  /**
   * Sends a signal; nothing happens when the process has ended.
   * @throws ConfigInvalid for what is no signal; SystemError
   */
  signal(signal: number | string): void {
    const number = parseSignal(signal)
    if (this.#pidfd < 0) return
    const result = syscall(this.#kernel, 'pidfd_send_signal', this.#pidfd, number, null, 0)
    if (result !== -ERRNO.ESRCH)
      checked(result, 'pidfd_send_signal', { action: 'signal process', object: String(this.pid) })
  }

  /** Calls back once at the end, before those who wait hear of it; never, when it has ended already. */
  onEnd(callback: () => void): void {
    this.#onEnd.push(callback)
  }

  /** Watches for the end, which keeps the host's event loop alive. */
  ref(): void {
    this.#referenced = true
    if (this.#watching || this.#pidfd < 0) return
    this.#watching = true
    void this.#watch()
  }

  /** Stops watching, until the next `wait` or `ref`: the program may end while the process runs on. */
  unref(): void {
    this.#referenced = false
    if (this.#watching) this.#kernel.unpoll(this.#pidfd)
  }

  async #watch(): Promise<void> {
    while (this.#end === null && this.#referenced) {
      const events = await this.#kernel.poll(this.#pidfd, POLLIN)
      if (events < 0) {
        this.#refuse(events)
        break
      }
      if (events > 0) this.reap()
    }
    this.#watching = false
  }

  #refuse(errno: number): void {
    const error = systemError(errno, 'poll', { action: 'wait for process', object: String(this.pid) })
    for (const { reject } of this.#waiters.splice(0)) reject(error)
  }

  /** Takes the status of a process that has ended, if it has. */
  reap(): void {
    if (this.#end !== null) return
    const result = reapChild(this.#kernel, this.#pidfd)
    if (result === null) return
    this.#end = exitStatus(result)
    closeFd(this.#kernel, this.#pidfd)
    this.#pidfd = -1
    for (const callback of this.#onEnd.splice(0)) callback()
    for (const { resolve } of this.#waiters.splice(0)) resolve(this.#end)
  }
}

function exitStatus({ exitCode, signal, coreDumped }: WaitResult): ExitStatus {
  return {
    exitCode,
    signal: signal === null ? null : (signalName(signal) ?? String(signal)),
    status: signal === null ? (exitCode ?? 0) : 128 + signal,
    coreDumped,
  }
}

/** @throws ConfigInvalid */
export function parseSignal(signal: number | string): number {
  // 0 only asks whether there is somebody (kill(2)).
  if (signal === 0 || signal === '0') return 0
  const number = typeof signal === 'number' || typeof signal === 'string' ? signalNumber(signal) : null
  if (number !== null) return number
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'send signal',
    object: nameOfValue(signal),
    field: 'signal',
    reason: `expected a number from 0 to 64 or a name such as ${Object.keys(SIGNALS)[14]}`,
  })
}
