// Owns what the verbs of a container work on, and what is true of it at the moment: its status, read from the kernel.

import { isFrozen } from '../cgroups/is-frozen.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import type { ValidConfig } from '../config/container-config.ts'
import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import type { StateHead } from '../state/container-state.ts'
import type { StateDirectory } from '../state/state-directory.ts'
import { isProcessAlive } from '../system/procfs.ts'
import { isListening } from '../system/unix-socket.ts'
import type { Host } from './host.ts'
import type { ProcessHandle } from './process.ts'
import { SeccompRequests } from './seccomp-requests.ts'

/**
 * - `created`: the first process is there, all is set up, and it waits for `release` before it executes its command.
 * - `running`: the first process runs.
 * - `pausing`: never seen from outside, as `pause` returns when all is frozen; kept for callers of the original.
 * - `paused`: the first process runs, and the kernel says that the cgroup is frozen.
 * - `checkpointed`: it was written to disk and stopped.
 * - `destroyed`: there is no first process: not started yet, or ended (a zombie has ended).
 */
export type ContainerStatus = 'created' | 'running' | 'pausing' | 'paused' | 'checkpointed' | 'destroyed'

/** A class, as an object literal with getters has a shape of its own in V8: 1.5 kB each, and there may be a thousand. */
export class Instance {
  readonly host: Host
  readonly id: string
  readonly directory: StateDirectory
  /** As last read or written. */
  state: StateHead
  /** The first process, when it is a child of ours. */
  init: ProcessHandle | null = null
  /** Later processes that are children of ours and have not ended. */
  readonly later = new Set<ProcessHandle>()
  /** What went wrong without stopping anything. */
  readonly warnings: LibcontainerError[] = []
  /** undefined: it was not asked for yet. */
  #cgroup: CgroupManager | null | undefined
  readonly #findCgroup: () => CgroupManager | null
  #seccompRequests: SeccompRequests | null = null

  /** @param findCgroup is asked at the first need of the manager, as most commands do without */
  constructor(
    { host, id, directory, state }: Pick<Instance, 'host' | 'id' | 'directory' | 'state'>,
    findCgroup: () => CgroupManager | null,
  ) {
    this.host = host
    this.id = id
    this.directory = directory
    this.state = state
    this.#findCgroup = findCgroup
  }

  /** With the limits of the cgroup as they were set last. @throws SystemError when the state was spoiled */
  get config(): ValidConfig {
    return this.directory.config
  }

  /** null: it has none of its own. @throws SystemError when the state was spoiled */
  get cgroup(): CgroupManager | null {
    if (this.#cgroup === undefined) this.#cgroup = this.#findCgroup()
    return this.#cgroup
  }

  /** What the seccomp filters of processes started here ask for. */
  get seccompRequests(): SeccompRequests {
    this.#seccompRequests ??= new SeccompRequests(this.host.kernel)
    return this.#seccompRequests
  }
}

/** Whether the first process runs. */
export function isInitAlive(instance: Instance): boolean {
  const { init, host, state } = instance
  if (init !== null) {
    init.reap()
    return init.ended === null
  }
  const pid = state.init_process_pid
  return pid > 0 && isProcessAlive(host.kernel, { pid, startTime: state.init_process_start })
}

/**
 * Takes over what another process may have written since; a container of ours is ours.
 * @returns false when the id is gone, or stands for another container
 */
export function refreshState(instance: Instance): boolean {
  if (instance.init !== null) return true
  const found = readOwnState(instance)
  if (found !== null) instance.state = found
  return found !== null
}

/** The state on disk, unless the id was given to another container since. */
function readOwnState({ directory, state }: Instance): StateHead | null {
  const found = directory.read()?.head
  const isSame =
    found?.created === state.created &&
    found.creator.pid === state.creator.pid &&
    found.creator.start === state.creator.start
  return isSame ? found : null
}

/**
 * Whether the id stands for this container. A state that somebody spoiled is taken for its own.
 * @param found what to do with the state @default 'look'
 */
export function holdsId(instance: Instance, found: 'look' | 'take over' = 'look'): boolean {
  try {
    const state = readOwnState(instance)
    if (found === 'take over' && state !== null && instance.init === null) instance.state = state
    return state !== null
  } catch (error) {
    if (isLibcontainerError(error)) return true
    throw error
  }
}

/**
 * The lock of the container, with its state as somebody else may have left it: `statusNow` tells its status.
 * @returns null when it is gone, also when there is another one of its id @throws SystemError
 */
export async function lockIfThere(
  instance: Instance,
  kind: 'shared' | 'exclusive',
  whenHeld?: () => Promise<void>,
): Promise<(() => void) | null> {
  const unlock = await instance.directory.lock(kind, whenHeld)
  if (unlock === null || holdsId(instance, 'take over')) return unlock
  unlock()
  return null
}

export function readStatus(instance: Instance): ContainerStatus {
  refreshState(instance)
  return statusNow(instance)
}

/** The status as the kernel has it, by the state that is known. */
export function statusNow(instance: Instance): ContainerStatus {
  if (!isInitAlive(instance)) return 'destroyed'
  if (isFrozen(instance.host.kernel, instance.state.cgroup_paths)) return 'paused'
  return isWaiting(instance) ? 'created' : 'running'
}

/** Where a first process that is only prepared listens, in the directory of its state. */
export const RELEASE_SOCKET = 'release.sock'

/** Whether the first process waits for its release: execve closes the socket. */
function isWaiting({ host, directory, state }: Instance): boolean {
  return state.prepared !== undefined && isListening(host.kernel, directory.path, RELEASE_SOCKET)
}

/** @throws ContainerNotRunning */
export function requireRunning(instance: Instance, action: string): void {
  if (readStatus(instance) !== 'destroyed') return
  throw new LibcontainerError({
    code: 'ContainerNotRunning',
    action,
    object: instance.id,
    reason: 'container not running',
  })
}

/** The cgroup, for what needs one. @throws ConfigInvalid */
export function requireCgroup(instance: Instance, action: string): CgroupManager {
  if (instance.cgroup !== null) return instance.cgroup
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action,
    object: instance.id,
    field: 'cgroup',
    reason: 'the container has no cgroup of its own',
    hint: 'configure cgroup.path',
  })
}

/** The lock of the container. @throws ContainerNotExists when it is gone */
export async function lockInstance(
  instance: Instance,
  kind: 'shared' | 'exclusive',
  action: string,
): Promise<() => void> {
  const unlock = await lockIfThere(instance, kind)
  if (unlock !== null) return unlock
  throw new LibcontainerError({
    code: 'ContainerNotExists',
    action,
    object: instance.id,
    reason: 'container does not exist',
  })
}
