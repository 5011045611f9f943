// Owns the dialogue with a first process that was prepared, maybe by another program: letting it go on, and hearing
// whether it executed its command.

import { errnoName } from '../abi/errno.ts'
import type { LibcontainerError } from '../errors.ts'
import { executeLabel } from '../plan/steps/exec.ts'
import { seccompLabel } from '../plan/steps/seccomp.ts'
import type { Kernel } from '../system/kernel.ts'
import { stepError } from './fault.ts'
import { Conversation } from './handshake.ts'

/**
 * @param socket connected to the process, borrowed
 * @param command what it will execute, for the error
 * @returns false when it was gone before it heard: it has ended, or somebody else had released it
 * @throws SystemError when it could not execute the command; it has ended then
 */
export async function releaseInit(kernel: Kernel, socket: number, command: string): Promise<boolean> {
  const talk = new Conversation(kernel, socket, false)
  await talk.go()
  const first = await talk.next()
  const hasStarted = first.kind === 'started'
  const last = hasStarted ? await talk.next() : first
  if (last.kind === 'fault') throw faultAfterRelease(last.errno, hasStarted ? command : null)
  return hasStarted
}

/** What is behind the wait in the plan (plan/process-plan.ts): the filter, the word, the command. */
function faultAfterRelease(errno: number, command: string | null): LibcontainerError {
  const name = errnoName(errno)
  return command === null
    ? stepError(seccompLabel('asked for'), 'seccomp', name)
    : stepError(executeLabel(command), 'execve', name)
}
