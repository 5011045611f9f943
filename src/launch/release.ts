// Owns the dialogue with a first process that was prepared, maybe by another program: letting it go on, and hearing
// whether it executed its command.

import { errnoName } from '../abi/errno.ts'
import { LibcontainerError } from '../errors.ts'
import { executeLabel } from '../plan/steps/exec.ts'
import { seccompLabel } from '../plan/steps/seccomp.ts'
import type { Kernel } from '../system/kernel.ts'
import { stepError } from './fault.ts'
import { Conversation, type Message } from './handshake.ts'

/**
 * @param socket connected to the process, borrowed
 * @param command what it will execute, for the error
 * @throws SystemError when it could not; it has ended then
 */
export async function releaseInit(kernel: Kernel, socket: number, command: string): Promise<void> {
  const talk = new Conversation(kernel, socket, false)
  await talk.go()
  const first = await talk.next()
  const last = first.kind === 'started' ? await talk.next() : first
  if (last.kind === 'fault') throw faultAfterRelease(last, first.kind === 'started' ? command : null)
  if (first.kind === 'started' && last.kind === 'end') return
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'start the process',
    object: command,
    reason: 'it ended before it executed the command',
  })
}

/** What is behind the wait in the plan (plan/process-plan.ts): the filter, the word, the command. */
function faultAfterRelease(
  { errno }: Message & { kind: 'fault' },
  command: string | null,
): LibcontainerError {
  const name = errnoName(errno)
  return command === null
    ? stepError(seccompLabel('asked for'), 'seccomp', name)
    : stepError(executeLabel(command), 'execve', name)
}
