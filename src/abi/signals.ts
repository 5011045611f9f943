// Owns signal names and numbers: the same on x86_64 and aarch64 (include/uapi/asm-generic/signal.h).
// Facts of the kernel only.

export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGILL: 4,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGBUS: 7,
  SIGFPE: 8,
  SIGKILL: 9,
  SIGUSR1: 10,
  SIGSEGV: 11,
  SIGUSR2: 12,
  SIGPIPE: 13,
  SIGALRM: 14,
  SIGTERM: 15,
  SIGSTKFLT: 16,
  SIGCHLD: 17,
  SIGCONT: 18,
  SIGSTOP: 19,
  SIGTSTP: 20,
  SIGTTIN: 21,
  SIGTTOU: 22,
  SIGURG: 23,
  SIGXCPU: 24,
  SIGXFSZ: 25,
  SIGVTALRM: 26,
  SIGPROF: 27,
  SIGWINCH: 28,
  SIGIO: 29,
  SIGPWR: 30,
  SIGSYS: 31,
} as const

export type SignalName = keyof typeof SIGNALS

/** The first and the last realtime signal (signal(7)). */
const SIGRTMIN = 34
const SIGRTMAX = 64

/**
 * The number of a signal given as a number, a decimal text, or a name with or without `SIG` in any case; `RTMIN+n`
 * and `RTMAX-n` too. @returns null when there is no such signal
 */
export function signalNumber(signal: number | string): number | null {
  if (typeof signal === 'number' || (typeof signal === 'string' && /^[0-9]+$/.test(signal))) {
    const number = Number(signal)
    return Number.isInteger(number) && number >= 1 && number <= SIGRTMAX ? number : null
  }
  if (typeof signal !== 'string') return null
  const name = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`
  if (Object.hasOwn(SIGNALS, name)) return SIGNALS[name as SignalName]
  const realtime = /^SIGRT(MIN|MAX)(?:([+-])([0-9]{1,2}))?$/.exec(name)
  if (realtime === null) return null
  const offset = Number(`${realtime[2] ?? '+'}${realtime[3] ?? 0}`)
  const number = (realtime[1] === 'MIN' ? SIGRTMIN : SIGRTMAX) + offset
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : null
}

/** The name of a signal number: `SIGKILL`; `SIGRTMIN+3`; null when there is none. */
export function signalName(number: number): string | null {
  if (typeof number !== 'number') return null
  for (const name in SIGNALS) if (SIGNALS[name as SignalName] === number) return name
  return number >= SIGRTMIN && number <= SIGRTMAX ? `SIGRTMIN+${number - SIGRTMIN}` : null
}
