// Owns how a filter of 2015 becomes ours: a list of what is denied, everything else allowed.

import { syscallName } from '../abi/syscall-numbers.ts'
import type { SeccompArgument, SeccompConfig, SeccompRule } from '../config/seccomp.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import type { Seccomp2015, Syscall2015, SyscallArg2015 } from './config-2015.ts'

type Warn = (text: string) => void

/**
 * The numbers are those of x86_64, the one machine that the original had filters for. It did not look at the way into
 * the kernel, so that 32-bit programs ran, unfiltered; here they run, and are filtered by the names of the calls.
 */
export function convertSeccomp({ syscalls = [] }: Seccomp2015, warn: Warn): SeccompConfig {
  // A later rule for a call took the place of the one before.
  const last = new Map(
    syscalls.map((rule, index) => [rule.value ?? 0, { rule, at: `seccomp.syscalls[${index}]` }]),
  )
  return {
    defaultAction: 'ALLOW',
    architectures: ['x86', 'x32'],
    syscalls: [...last.values()].map(({ rule, at }) => convertRule(rule, at, warn)),
  }
}

function convertRule({ value = 0, action = 0, args = [] }: Syscall2015, at: string, warn: Warn): SeccompRule {
  const name = syscallName('x86_64', value)
  if (name === null) refuseValue(`${at}.value`, 'the number of a system call of x86_64', value)
  return {
    names: [name],
    ...convertAction(action, `${at}.action`),
    args: args.map((arg, index) => convertArgument(arg, `${at}.args[${index}]`, warn)),
  }
}

const MAX_ERRNO = 4095

function convertAction(action: number, at: string): Pick<SeccompRule, 'action' | 'errno'> {
  if (action === -3) return { action: 'KILL_THREAD' }
  if (action === -2) return { action: 'TRAP' }
  if (action === -1) return { action: 'ALLOW' }
  if (action < 0 || action > MAX_ERRNO) refuseField(at, `expected -3, -2, -1 or an errno, got ${action}`)
  return { action: 'ERRNO', errno: action }
}

/** As the original compared, but that "not equal" is what it says, and that a mask leaves the upper half alone. */
function convertArgument(
  { index = 0, value = 0, op = 0 }: SyscallArg2015,
  at: string,
  warn: Warn,
): SeccompArgument {
  switch (op) {
    case 0:
      return { index, value, op: 'EQ' }
    case 1:
      return { index, value, op: 'NE' }
    case 2:
      warn(`${at}.op: GreatherThan was "greater or equal", and still is`)
      return { index, value, op: 'GE' }
    case 3:
      warn(`${at}.op: LessThan was "less or equal", and still is`)
      return { index, value, op: 'LE' }
    case 4:
      return { index, value, op: 'MASKED_EQ', valueTwo: value }
    default:
      return refuseValue(`${at}.op`, 'an operator from 0 to 4', op)
  }
}
