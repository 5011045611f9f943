// Owns the dialogue with a first process that was prepared, maybe by another program: letting it go on, and hearing
// whether it executed its command.

import { errnoName } from '../abi/errno.ts'
import type { Hook } from '../config/command.ts'
import type { LibcontainerError } from '../errors.ts'
import { RETURN_BEGIN } from '../plan/steps/command.ts'
import { executeLabel } from '../plan/steps/exec.ts'
import { startHookLabel } from '../plan/steps/hooks.ts'
import { seccompLabel } from '../plan/steps/seccomp.ts'
import type { Kernel } from '../system/kernel.ts'
import { commandFault, type Returned, stepError } from './fault.ts'
import { Conversation, type Message } from './handshake.ts'
import { explainCommand } from './post-mortem/explain-command.ts'

/**
 * @param socket connected to the process, borrowed
 * @param command what it will execute, for the error
 * @param hooks what it will run before that
 * @returns false when it was gone before it heard: it has ended, or somebody else had released it
 * @throws SystemError when a hook failed, or it could not execute the command; it has ended then
 */
export async function releaseInit(
  kernel: Kernel,
  socket: number,
  command: string,
  hooks: readonly Hook[],
): Promise<boolean> {
  const talk = new Conversation(kernel, socket)
  await talk.go()
  const returned = new Map<number, Uint8Array>()
  let hasStarted = false
  for (;;) {
    const message = await talk.next(false)
    if (message.kind === 'end') return hasStarted
    if (message.kind === 'started') hasStarted = true
    if (message.kind === 'return') returned.set(message.id, message.bytes)
    if (message.kind === 'fault')
      throw faultAfterRelease(kernel, message, hasStarted ? command : null, hooks, returned)
  }
}

/** What is behind the wait in the plan (plan/process-plan.ts): the filter, the hooks, the word, the command. */
function faultAfterRelease(
  kernel: Kernel,
  { errno }: Message & { kind: 'fault' },
  command: string | null,
  hooks: readonly Hook[],
  returned: Returned,
): LibcontainerError {
  const name = errnoName(errno)
  if (command !== null)
    return stepError(executeLabel(command), 'execve', name, explainCommand(kernel, 'execve', name, returned))
  const index = returned.get(RETURN_BEGIN)?.[0] ?? -1
  const hook = hooks[index]
  if (hook === undefined) return stepError(seccompLabel('asked for'), 'seccomp', name)
  return commandFault(kernel, startHookLabel(hook, index), { call: 'execve', errno }, returned)
}
