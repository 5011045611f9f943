// Owns what init still tells when the command cannot be found or executed: its first bytes, or what kind of file it
// is, read with the rights of the process. All of it runs after the failure only; a start that succeeds pays nothing.

import { AT_FDCWD, O_CLOEXEC, O_NONBLOCK, O_RDONLY, STATX_BASIC_STATS } from '../../abi/flags.ts'
import { STATFS_SIZE, STATX_SIZE } from '../../abi/structs.ts'
import type { ExactSeccomp } from '../../config/seccomp.ts'
import type { OpArg, Scratch, Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

/** The first bytes of a command that could not be executed. */
export const RETURN_COMMAND = 9
/** struct statx and struct statfs of a command that was not found to be executable. */
export const RETURN_COMMAND_STATUS = 10

/** A page: what the kernel looks at of a script, and where linkers put the name of the loader. */
const HEAD_SIZE = 4096
const IGNORE = { ignore: true } as const
const CALLS = ['openat', 'read', 'statx', 'statfs', 'sendmsg', 'sendto'] as const

/** Whether the filter, which is in force by then, leaves what follows alone: a look must not kill who looks. */
export function mayLook(seccomp: ExactSeccomp | null | undefined): boolean {
  if (seccomp === null || seccomp === undefined) return true
  const isHarmless = (action: string): boolean => action === 'ALLOW' || action === 'LOG' || action === 'ERRNO'
  return CALLS.every((call) => {
    const rules = seccomp.syscalls.filter(({ names }) => names.includes(call))
    const isDecided = rules.some(({ args }) => args.length === 0)
    return rules.every(({ action }) => isHarmless(action)) && (isDecided || isHarmless(seccomp.defaultAction))
  })
}

/** Executes; where that fails, returns the head of the file and fails with the same error again. */
export function planExecveOrTell(p: Planner, args: readonly OpArg[], command: Slot): void {
  p.call('execve', args, IGNORE)
  // Slots that nothing was stored in hold -1: what one op did not open the next ones do not read.
  const [file, length] = [p.slots.takeUnused(), p.slots.takeUnused()]
  const head: Scratch = { scratch: HEAD_SIZE }
  p.attempt('openat', [AT_FDCWD, command, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0], file)
  p.attempt('read', [file, head, HEAD_SIZE], length)
  p.tell([RETURN_COMMAND, -1, head, length])
  p.call('execve', args)
}

/** What the file at `path` is and lies on; behind a look-up that failed. */
export function planTellStatus(p: Planner, path: string): void {
  const status: Scratch = { scratch: STATX_SIZE + STATFS_SIZE }
  p.call('statx', [AT_FDCWD, path, 0, STATX_BASIC_STATS, status], IGNORE)
  p.call('statfs', [path, { at: status, offset: STATX_SIZE }], IGNORE)
  p.tell([RETURN_COMMAND_STATUS, -1, status, status.scratch])
}
