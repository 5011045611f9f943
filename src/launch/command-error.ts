// Owns the errors of programs that the configuration has run: hooks, and commands around mounts. What they wrote is
// part of the error.

import { errnoName } from '../abi/errno.ts'
import { SIGNALS, signalName } from '../abi/signals.ts'
import { SIGINFO_CODE, SIGINFO_STATUS } from '../abi/structs.ts'
import { LibcontainerError } from '../errors.ts'
import type { CommandStep } from '../plan/launch-plan.ts'
import { CLD_EXITED, type WaitResult } from '../system/reactor.ts'

/** What a program wrote, by stream. */
export type Written = Readonly<Record<'stdout' | 'stderr', string>>

interface Failure {
  readonly reason: string
  readonly hint?: string
  readonly errno?: string
  readonly syscall?: string
  readonly cause?: unknown
}

/** The error for a program that could not be run, or not to a good end. */
export function commandError(label: CommandStep, failure: Failure): LibcontainerError {
  const { name, object, field, command } = label
  return new LibcontainerError({
    code: 'SystemError',
    action: command.action,
    ...(object === undefined ? {} : { object }),
    ...failure,
    step: name,
    ...(field === undefined ? {} : { field }),
  })
}

/** How a program ended, and what it wrote: `exit status 1, stderr: no such device`. */
export function describeEnd(end: Pick<WaitResult, 'exitCode' | 'signal'>, written: Written): string {
  const how = end.signal === null ? `exit status ${end.exitCode}` : describeSignal(end.signal)
  const streams = (['stdout', 'stderr'] as const)
    .map((name) => [name, written[name].trim()] as const)
    .filter(([, text]) => text !== '')
  return [how, ...streams.map(([name, text]) => `${name}: ${text}`)].join(', ')
}

function describeSignal(signal: number): string {
  const name = signalName(signal) ?? signal
  return signal === SIGNALS.SIGSYS
    ? `killed by ${name} (bad system call: the seccomp filter)`
    : `killed by ${name}`
}

export function describeTimeout({ command: { timeoutMs = 0 } }: CommandStep): Failure {
  return {
    reason: `it ran longer than its limit of ${timeoutMs / 1000} s, and was killed`,
    errno: 'ETIMEDOUT',
  }
}

/** siginfo_t as waitid(2) fills it in. */
export function readSiginfo(bytes: Uint8Array): Pick<WaitResult, 'exitCode' | 'signal'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const status = view.getInt32(SIGINFO_STATUS, true)
  const exited = view.getInt32(SIGINFO_CODE, true) === CLD_EXITED
  return { exitCode: exited ? status : null, signal: exited ? null : status }
}

/** The failure of a call on the way to the program. */
export function describeRefusal(errno: number, syscall: string, hint: string | undefined): Failure {
  const name = errnoName(errno)
  return { reason: name, errno: name, syscall, ...(hint === undefined ? {} : { hint }) }
}
