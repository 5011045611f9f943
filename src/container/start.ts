// Owns starting a process in a container: the first one, which makes the container, or a later one, which joins it.

import type { ValidProcess } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { objectAt } from '../config/validate/values/object-at.ts'
import { isLibcontainerError, LibcontainerError } from '../errors.ts'
import type { Cancellation } from '../launch/cancellation.ts'
import { type HookSupport, type LaunchRequest, launch } from '../launch/launch.ts'
import { createNetworkDriver } from '../network/veth.ts'
import { createOutset, createPlan } from '../plan/create-plan.ts'
import { execOutset, execPlan } from '../plan/exec-plan.ts'
import type { CgroupFacts, DescriptorFacts } from '../plan/host-facts.ts'
import type { LaunchPlan } from '../plan/launch-plan.ts'
import { hasNamespace } from '../plan/steps/namespaces.ts'
import { createResctrlDriver, removeGroups } from '../resctrl/resctrl-groups.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { isProcessEnding, readProcessStat } from '../system/procfs.ts'
import { waitForEnd } from '../system/reactor.ts'
import { firstCgroupFacts, laterCgroupFacts } from './cgroup-facts.ts'
import { readCreateFacts, readExecFacts } from './facts.ts'
import { hookSupport, runPoststopHooks } from './hooks.ts'
import {
  type Instance,
  isInitAlive,
  lockIfThere,
  lockInstance,
  RELEASE_SOCKET,
  statusNow,
} from './instance.ts'
import { toldOfNotifySocket } from './notify-socket.ts'
import { openContainerProcess } from './open-process.ts'
import { ProcessHandle } from './process.ts'
import { type ProcessIo, validateIo } from './process-io.ts'
import { runningState, unstarted } from './running-state.ts'
import { takeListener } from './seccomp-agent.ts'
import { receiveTerminal, type TerminalReceiver } from './terminal.ts'

export interface StartOptions {
  /** With a terminal all three streams are `null`. */
  readonly io: ProcessIo
  /** The path of a socket whose listener gets the terminal in place of the handle (runc's `--console-socket`). */
  readonly consoleSocket?: string
  readonly cancellation?: Cancellation
}

/**
 * @throws ConfigInvalid for the process; ContainerPaused; ContainerNotExists; SystemError with the step and the field
 */
export async function startProcess(
  instance: Instance,
  spec: ProcessSpec,
  options: StartOptions,
): Promise<ProcessHandle> {
  const process = validateStart(spec, options)
  for (;;) {
    const first = !isInitAlive(instance)
    const unlock = await lockForStart(instance, first)
    try {
      const status = statusNow(instance)
      // Somebody else was faster: then it is the other kind of start.
      if ((status === 'destroyed') !== first) continue
      if (status === 'paused') throw pausedError(instance)
      const handle = first
        ? await startFirst(instance, process, options, 'started')
        : await startLater(instance, process, options)
      if (handle !== null) return handle
    } finally {
      unlock()
    }
  }
}

/** Later processes may start side by side; the first one alone. */
export async function lockForStart(instance: Instance, first: boolean): Promise<() => void> {
  const unlock = await lockIfThere(instance, first ? 'exclusive' : 'shared')
  if (unlock !== null) return unlock
  // A first start that failed has taken everything down, the directory too: it begins anew.
  if (first && instance.state.init_process_pid === 0) instance.directory.make(instance.state, instance.config)
  return lockInstance(instance, first ? 'exclusive' : 'shared', 'start a process in')
}

function pausedError({ id }: Instance): LibcontainerError {
  return new LibcontainerError({
    code: 'ContainerPaused',
    action: 'start a process in',
    object: id,
    reason: 'container paused',
  })
}

/** @param cause how the start noticed it */
function destroyedError({ id }: Instance, cause: LibcontainerError): LibcontainerError {
  return new LibcontainerError({
    code: 'ContainerNotExists',
    action: 'start a process in',
    object: id,
    reason: 'the container was destroyed while it was started',
    cause,
  })
}

// By itself, as what a function holds for one closure it holds for those too that live as long as the container.
function planFirst(
  instance: Instance,
  process: ValidProcess,
  descriptors: DescriptorFacts,
  cgroup: CgroupFacts | null,
): () => LaunchPlan {
  return () => {
    const { host, id, config, state } = instance
    const told = toldOfNotifySocket(instance, process)
    const facts = readCreateFacts(host, id, config, told, cgroup, state)
    return createPlan({ config, process: told, facts, descriptors })
  }
}

/**
 * Makes the first process: it executes its command at once (`started`), or waits for that (`prepared`).
 * Preconditions: the lock is held, and there is no first process.
 */
export async function startFirst(
  instance: Instance,
  process: ValidProcess,
  options: StartOptions,
  until: 'started' | 'prepared',
): Promise<ProcessHandle> {
  const { host, directory, cgroup, config } = instance
  const { kernel } = host
  const { io } = options
  await removeOldGroups(instance)
  let isDoomed = false
  const removeState = (): void => {
    isDoomed = directory.isDoomed()
    instance.state = unstarted(instance.state)
    directory.remove()
  }
  const waits = until === 'prepared'
  const cgroupFacts = firstCgroupFacts(cgroup, host)
  const outset = createOutset(config, host.caller, cgroupFacts)
  let hooks: HookSupport | null
  let release = -1
  try {
    hooks = hookSupport(instance, options.cancellation ?? null)
    if (waits) release = directory.listen(RELEASE_SOCKET)
  } catch (error) {
    removeState()
    throw error
  }
  const launching = launchProcess(kernel, options, {
    outset,
    plan: planFirst(instance, process, { ...describeIo(io), release: waits }, cgroupFacts),
    cgroup,
    network: createNetworkDriver(kernel),
    resctrl: instance.state.resctrl === undefined ? null : createResctrlDriver(kernel),
    descriptors: { ...lendIo(io), container: null, release },
    writeState: (pid) => {
      const identity = readProcessStat(kernel, pid) ?? { pid, startTime: '' }
      const prepared = waits ? { command: process.args[0] } : undefined
      instance.state = runningState(instance, process, io, identity, prepared)
      directory.write(instance.state, config)
    },
    removeState,
    takeListener: (listener, pid) => takeListener(instance, listener, pid, 'creating'),
    hooks,
    trace: host.options.trace,
  }).catch(async (error: unknown) => {
    await runPoststopHooks(instance)
    if (isDoomed && isLibcontainerError(error)) throw destroyedError(instance, error)
    throw error
  })
  instance.init = await launching.finally(() => closeFd(kernel, release))
  followEnd(instance, instance.init)
  return instance.init
}

// By itself, as above.
function followEnd(instance: Instance, init: ProcessHandle): void {
  init.onEnd(() => instance.seccompRequests.finish())
  // Without a pid namespace nothing ends the others when the first process ends.
  if (!hasNamespace(instance.config, 'pid')) init.onEnd(() => instance.cgroup?.kill())
}

/**
 * The cgroup, and groups of resctrl, of the life before. Since Linux 6.14 one that was ever killed whole (`cgroup.kill`) kills what is cloned
 * into it, as the count of kills is compared with that of the caller's own (kernel/cgroup/cgroup.c). Where processes
 * are left, it is refused later on. A process that was reaped, or killed and nobody's child, may be listed for a moment more: it is waited for.
 */
async function removeOldGroups({ host, state, cgroup }: Instance): Promise<void> {
  if (state.init_process_pid === 0) return
  if (state.resctrl !== undefined) removeGroups(host.kernel, state.resctrl)
  if (cgroup === null) return
  if (cgroup.readPids().every((pid) => isProcessEnding(host.kernel, pid))) await cgroup.destroy()
}

/**
 * Starts a process beside the first one. Preconditions: the lock is held, unless the container is paused.
 * @param cgroup where it goes
 * @returns null when the first process ended meanwhile: then the container is stopped, and starts anew
 */
export async function startLater(
  instance: Instance,
  process: ValidProcess,
  options: StartOptions,
  cgroup = instance.cgroup,
): Promise<ProcessHandle | null> {
  const { host, id, config } = instance
  const { kernel } = host
  const { io, cancellation } = options
  const pid = instance.state.init_process_pid
  let pidfd = -1
  try {
    pidfd = openContainerProcess(instance, 'start a process in')
    const cgroupFacts = laterCgroupFacts(cgroup)
    const later = await launchProcess(kernel, options, {
      outset: execOutset(config, host.caller, cgroupFacts),
      plan: () => {
        const facts = readExecFacts(host, id, config, process, cgroupFacts, instance.state)
        return execPlan({ config, process, facts, descriptors: describeIo(io) })
      },
      cgroup,
      network: createNetworkDriver(kernel),
      resctrl: instance.state.resctrl === undefined ? null : createResctrlDriver(kernel),
      descriptors: { ...lendIo(io), container: { pidfd, pid }, release: -1 },
      writeState: () => undefined,
      removeState: () => undefined,
      takeListener: (listener, pid) => takeListener(instance, listener, pid, 'running'),
      hooks: null,
      trace: host.options.trace,
    })
    instance.later.add(later)
    later.onEnd(() => instance.later.delete(later))
    return later
  } catch (error) {
    // What joins a pid namespace whose first process is ending is refused or killed.
    if (pidfd >= 0 && readProcessStat(kernel, pid)?.isEnding) await waitForEnd(kernel, pidfd)
    if (isInitAlive(instance) || cancellation?.requested) throw error
    return null
  } finally {
    closeFd(kernel, pidfd)
  }
}

/** Carries out the plan; the terminal, where it has one, goes to the handle or to the socket. */
async function launchProcess(
  kernel: Kernel,
  { consoleSocket, cancellation }: StartOptions,
  request: Omit<LaunchRequest, 'takeTerminal' | 'cancellation'>,
): Promise<ProcessHandle> {
  let receiver: TerminalReceiver
  try {
    receiver = receiveTerminal(kernel, consoleSocket)
  } catch (error) {
    request.removeState()
    throw error
  }
  let started = false
  try {
    const { pid, pidfd } = await launch(kernel, {
      ...request,
      takeTerminal: receiver.take,
      cancellation: cancellation ?? null,
    })
    started = true
    return new ProcessHandle(kernel, pid, pidfd, receiver.handle())
  } finally {
    receiver.end(started)
  }
}

/** The process, which fits its streams. @throws ConfigInvalid */
export function validateStart(spec: ProcessSpec, options: StartOptions): ValidProcess {
  const process = validateProcess(spec)
  const { consoleSocket } = objectAt(options, 'options')
  const io = validateIo(options.io)
  const refuse = (reason: string): never => {
    throw new LibcontainerError({ code: 'ConfigInvalid', action: 'start', field: 'process.terminal', reason })
  }
  if (!process.terminal && consoleSocket !== undefined) refuse('a console socket takes a terminal')
  if (process.terminal && io.stdio.some(({ kind }) => kind !== 'null'))
    refuse('a terminal is the standard input, output and error: there can be no other')
  return process
}

function describeIo({ stdio, extraFiles }: ProcessIo): DescriptorFacts {
  return { stdio: [stdio[0].kind, stdio[1].kind, stdio[2].kind], extra: extraFiles.length }
}

function lendIo({ stdio, extraFiles }: ProcessIo): { stdio: readonly number[]; extra: readonly number[] } {
  return { stdio: stdio.map((stream) => (stream.kind === 'null' ? -1 : stream.fd)), extra: extraFiles }
}
