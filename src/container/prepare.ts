// Owns the start in two parts, `create` and `start` of the OCI runtime specification: `prepare` makes the first
// process and brings it up to its command; `release`, by any program, lets it go on.

import type { ProcessSpec } from '../config/process.ts'
import { type ErrorCode, isLibcontainerError, LibcontainerError } from '../errors.ts'
import { releaseInit } from '../launch/release.ts'
import { closeFd } from '../system/fd.ts'
import { connectAt } from '../system/unix-socket.ts'
import { killContainer } from './destroy.ts'
import { runPoststartHooks } from './hooks.ts'
import {
  type ContainerStatus,
  type Instance,
  lockInstance,
  RELEASE_SOCKET,
  readStatus,
  statusNow,
} from './instance.ts'
import type { ProcessHandle } from './process.ts'
import { lockForStart, type StartOptions, startFirst, validateStart } from './start.ts'

/**
 * Does all of a first start but its last step: whatever may be wrong with the container, its user or its command is
 * told now. Then nothing of ours is there but that process, which waits for `release`; the caller may end.
 * @throws ConfigInvalid; ContainerNotStopped when there is a first process; ContainerNotExists when somebody destroyed it
 * meanwhile; SystemError with the step and the field
 */
export async function prepareProcess(
  instance: Instance,
  spec: ProcessSpec,
  options: StartOptions,
): Promise<ProcessHandle> {
  const process = validateStart(spec, options)
  refuseParentDeathSignal(instance)
  const unlock = await lockForStart(instance, true)
  try {
    const status = statusNow(instance)
    if (status !== 'destroyed')
      throw refusal(instance, 'prepare a process in', 'ContainerNotStopped', `it is ${status}`)
    return await startFirst(instance, process, options, 'prepared')
  } finally {
    unlock()
  }
}

/** It would hold for whoever prepares the process, whose end means nothing. */
function refuseParentDeathSignal({ id, config }: Instance): void {
  if (config.parentDeathSignal === undefined) return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'prepare a process in',
    object: id,
    field: 'parentDeathSignal',
    reason: 'a process that is prepared outlives the program that did it',
    hint: 'use start',
  })
}

const NOT_WAITING: Readonly<Record<Exclude<ContainerStatus, 'created'>, readonly [ErrorCode, string]>> = {
  running: ['ContainerNotStopped', 'cannot start an already running container'],
  pausing: ['ContainerPaused', 'container paused'],
  paused: ['ContainerPaused', 'container paused'],
  checkpointed: ['ContainerNotRunning', 'cannot start a container that was checkpointed'],
  destroyed: ['ContainerNotRunning', 'cannot start a container that has stopped'],
}

/**
 * Lets a process that was prepared execute its command; resolves when it has.
 * @throws ContainerNotExists; ContainerNotRunning when it has ended; ContainerNotStopped when it was released before;
 * ContainerPaused; SystemError when the command could not be executed: the container is stopped then
 */
export async function releaseProcess(instance: Instance): Promise<void> {
  const unlock = await lockInstance(instance, 'exclusive', 'start')
  try {
    const status = statusNow(instance)
    if (status !== 'created') throw refusal(instance, 'start', ...NOT_WAITING[status])
    if (await releaseWaiting(instance)) return
    const later = readStatus(instance)
    throw refusal(instance, 'start', ...NOT_WAITING[later === 'created' ? 'destroyed' : later])
  } finally {
    unlock()
  }
}

/** false: it went on, or ended, without our word. */
async function releaseWaiting(instance: Instance): Promise<boolean> {
  const { host, state, config } = instance
  const socket = connectToWaiting(instance)
  if (socket === null) return false
  try {
    const hooks = config.hooks?.startContainer ?? []
    const isReleased = await releaseInit(host.kernel, socket, state.prepared?.command ?? '', hooks)
    if (isReleased) await runPoststartHooks(instance, state.init_process_pid)
    return isReleased
  } catch (error) {
    // What hooks have started may be there still, and the process itself, where a hook failed after its start.
    if (config.hooks !== undefined) await killContainer(instance, true)
    throw error
  } finally {
    closeFd(host.kernel, socket)
  }
}

/** null: since its status was read, a release that its caller gave up has let it go on, or it was killed. */
function connectToWaiting({ host, directory }: Instance): number | null {
  try {
    return connectAt(host.kernel, directory.path, RELEASE_SOCKET)
  } catch (error) {
    if (isLibcontainerError(error) && error.errno === 'ECONNREFUSED') return null
    throw error
  }
}

function refusal({ id }: Instance, action: string, code: ErrorCode, reason: string): LibcontainerError {
  return new LibcontainerError({ code, action, object: id, reason })
}
