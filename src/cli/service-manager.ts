// Owns telling the caller's service manager that a container is ready: sd_notify(3), where NOTIFY_SOCKET is set.

import { isLibcontainerError, type ReadinessSocket } from '../core.ts'
import type { CommandContext } from './command.ts'
import { describeError } from './describe-error.ts'
import { readVariable } from './environment.ts'

/** The socket of the service manager; '' without one. */
export function serviceManagerOf(env: readonly string[]): string {
  return readVariable(env, 'NOTIFY_SOCKET')
}

/**
 * Waits until the container is ready or has ended.
 * @param mainPid the process that is the service from now on @default the container's
 * @throws LibcontainerError ConfigInvalid, SystemError
 */
export async function relayReadiness(
  { env, log }: CommandContext,
  readiness: ReadinessSocket,
  mainPid?: number,
): Promise<void> {
  if ((await readiness.relay(serviceManagerOf(env), mainPid)) === 'unanswered')
    await log.warn('the service manager did not confirm within 30 seconds that it knows of the container')
}

/** The same for a container that goes on, as runc has it, when nobody can be told; null: nobody wants to know. */
export async function tryRelayReadiness(
  context: CommandContext,
  readiness: ReadinessSocket | null,
  mainPid?: number,
): Promise<void> {
  if (readiness === null) return
  try {
    await relayReadiness(context, readiness, mainPid)
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    await context.log.warn(describeError(error)[0])
  }
}
