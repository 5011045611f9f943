// Owns starting a process in a container: the first one, which makes the container, or a later one, which joins it.

import type { ValidProcess } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { validateProcess } from '../config/validate/validate-process.ts'
import { LibcontainerError } from '../errors.ts'
import type { Cancellation } from '../launch/cancellation.ts'
import { launch } from '../launch/launch.ts'
import { createNetworkDriver } from '../network/veth.ts'
import { createPlan } from '../plan/create-plan.ts'
import { execPlan } from '../plan/exec-plan.ts'
import type { DescriptorFacts } from '../plan/host-facts.ts'
import type { LaunchPlan } from '../plan/launch-plan.ts'
import { hasNamespace } from '../plan/steps/namespaces.ts'
import { closeFd } from '../system/fd.ts'
import { readProcessStat } from '../system/procfs.ts'
import { waitForEnd } from '../system/reactor.ts'
import { readCreateFacts, readExecFacts } from './facts.ts'
import { type Instance, isInitAlive, lockIfThere, lockInstance, readStatus } from './instance.ts'
import { openContainerProcess } from './open-process.ts'
import { ProcessHandle } from './process.ts'
import type { ProcessIo } from './process-io.ts'
import { runningState, unstarted } from './running-state.ts'

export interface StartOptions {
  readonly io: ProcessIo
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
  const process = validateProcess(spec)
  for (;;) {
    const first = !isInitAlive(instance)
    const unlock = await lockForStart(instance, first)
    try {
      const status = readStatus(instance)
      // Somebody else was faster: then it is the other kind of start.
      if ((status === 'destroyed') !== first) continue
      if (status === 'paused') throw pausedError(instance)
      const handle = first
        ? await startFirst(instance, process, options)
        : await startLater(instance, process, options)
      if (handle !== null) return handle
    } finally {
      unlock()
    }
  }
}

/** Later processes may start side by side; the first one alone. */
async function lockForStart(instance: Instance, first: boolean): Promise<() => void> {
  const unlock = await lockIfThere(instance, first ? 'exclusive' : 'shared')
  if (unlock !== null) return unlock
  // A first start that failed has taken everything down, the directory too: it begins anew.
  if (first && instance.state.init_process_pid === 0) instance.directory.make(instance.state)
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

/** The plan of a first process, as `explain` shows it. */
function planFirst(
  instance: Instance,
  process: ValidProcess,
  io: ProcessIo,
  removeState: () => void,
): LaunchPlan {
  const { host, id, config, cgroup, state } = instance
  try {
    const ends = state.host_interfaces ?? []
    const facts = readCreateFacts(host, id, config, process, cgroup, ends)
    return createPlan({ config, process, facts, descriptors: describeIo(io) })
  } catch (error) {
    removeState()
    throw error
  }
}

async function startFirst(
  instance: Instance,
  process: ValidProcess,
  { io, cancellation }: StartOptions,
): Promise<ProcessHandle> {
  const { host, directory, cgroup, config } = instance
  const { kernel } = host
  const removeState = (): void => {
    instance.state = unstarted(instance.state)
    directory.remove()
  }
  const launched = await launch(kernel, {
    plan: planFirst(instance, process, io, removeState),
    cgroup,
    network: createNetworkDriver(kernel),
    descriptors: { ...lendIo(io), container: null },
    writeState: (pid) => {
      const stat = readProcessStat(kernel, pid)
      instance.state = runningState(instance, io, pid, stat?.startTime ?? '')
      directory.write(instance.state)
    },
    removeState,
    cancellation: cancellation ?? null,
  })
  instance.init = new ProcessHandle(kernel, launched.pid, launched.pidfd)
  // Without a pid namespace nothing ends the others when the first process ends.
  if (!hasNamespace(config, 'pid')) instance.init.onEnd(() => cgroup?.kill())
  return instance.init
}

/** @returns null when the first process ended meanwhile: then the container is stopped, and starts anew */
async function startLater(
  instance: Instance,
  process: ValidProcess,
  { io, cancellation }: StartOptions,
): Promise<ProcessHandle | null> {
  const { host, id, config, cgroup } = instance
  const { kernel } = host
  const pid = instance.state.init_process_pid
  let pidfd = -1
  try {
    pidfd = openContainerProcess(instance, 'start a process in')
    const facts = readExecFacts(host, id, config, process, cgroup)
    const launched = await launch(kernel, {
      plan: execPlan({ config, process, facts, descriptors: describeIo(io) }),
      cgroup,
      network: createNetworkDriver(kernel),
      descriptors: { ...lendIo(io), container: { pidfd, pid } },
      writeState: () => undefined,
      removeState: () => undefined,
      cancellation: cancellation ?? null,
    })
    const later = new ProcessHandle(kernel, launched.pid, launched.pidfd)
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

function describeIo({ stdio, extraFiles }: ProcessIo): DescriptorFacts {
  return { stdio: [stdio[0].kind, stdio[1].kind, stdio[2].kind], extra: extraFiles.length }
}

function lendIo({ stdio, extraFiles }: ProcessIo): { stdio: readonly number[]; extra: readonly number[] } {
  return { stdio: stdio.map((stream) => (stream.kind === 'null' ? -1 : stream.fd)), extra: extraFiles }
}
