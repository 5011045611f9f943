// Owns calling the kernel by name and turning its refusals into errors. No policy: callers say what was tried.

import { errnoName } from '../abi/errno.ts'
import { type SyscallName, syscallNumber } from '../abi/syscalls.ts'
import { LibcontainerError } from '../errors.ts'
import type { Kernel, SyscallArg } from './kernel.ts'

/** What was tried, for the error's text: Cannot `action` "`object`": EACCES. */
export interface Attempt {
  readonly action: string
  readonly object?: string
  readonly field?: string
  readonly hint?: string
}

/** A system call by name: its result, or the negated errno. */
export function syscall(
  kernel: Kernel,
  name: SyscallName,
  a?: SyscallArg,
  b?: SyscallArg,
  c?: SyscallArg,
  d?: SyscallArg,
  e?: SyscallArg,
  f?: SyscallArg,
): number {
  return kernel.call(syscallNumber(name, kernel.arch), a, b, c, d, e, f)
}

/** The result of a system call, passed through. @throws LibcontainerError SystemError when it is a negated errno */
export function checked(result: number, name: SyscallName, attempt: Attempt): number {
  if (result < 0) throw systemError(result, name, attempt)
  return result
}

/** The error for a refused system call. */
export function systemError(errno: number, name: string, attempt: Attempt): LibcontainerError {
  const reason = errnoName(errno)
  return new LibcontainerError({ code: 'SystemError', ...attempt, reason, errno: reason, syscall: name })
}
