// Owns taking a container down: its processes, its cgroup, its state. It works from any state that a crash may have
// left, and does nothing when there is nothing.

import { SIGNALS } from '../abi/signals.ts'
import { isLibcontainerError } from '../errors.ts'
import { createNetworkDriver } from '../network/veth.ts'
import { removeGroups } from '../resctrl/resctrl-groups.ts'
import { closeFd } from '../system/fd.ts'
import { waitForEnd } from '../system/reactor.ts'
import { syscall } from '../system/syscall.ts'
import { runPoststopHooks } from './hooks.ts'
import { holdsId, type Instance, isInitAlive, lockIfThere, refreshState } from './instance.ts'
import { openContainerProcess } from './open-process.ts'
import { unstarted } from './running-state.ts'

/** Kills what runs and removes what is left. @throws SystemError */
export async function destroyContainer(instance: Instance): Promise<void> {
  // A start that hangs inside the container holds the lock, and ends with this.
  const unlock = await lockIfThere(instance, 'exclusive', () => {
    const isThere = holdsId(instance)
    if (isThere) instance.directory.doom()
    return killContainer(instance, isThere)
  })
  try {
    const isThere = unlock !== null || isInitAlive(instance)
    await killContainer(instance, unlock !== null)
    const wasStarted = instance.state.init_process_pid > 0
    if (isThere) {
      removeNetworks(instance)
      await instance.cgroup?.destroy()
      const { host, state } = instance
      if (state.resctrl !== undefined) removeGroups(host.kernel, state.resctrl)
    }
    if (unlock !== null) instance.directory.remove()
    else instance.directory.sweep()
    instance.seccompRequests.close()
    instance.state = unstarted(instance.state)
    if (unlock !== null && wasStarted) await runPoststopHooks(instance)
  } finally {
    unlock?.()
  }
}

/** The kernel removes a pair with the container's namespace, but later, and not where that is somebody else's. */
function removeNetworks({ host, state }: Instance): void {
  const interfaces = state.host_interfaces ?? []
  if (interfaces.length === 0) return
  const network = createNetworkDriver(host.kernel)
  for (const end of interfaces) network.deleteVeth(end)
}

/**
 * SIGKILL to every process; returns when the first one is gone, and those that we started.
 * @param isThere whether the id stands for it
 */
export async function killContainer(instance: Instance, isThere: boolean): Promise<void> {
  // Else somebody else's container may be in the cgroup by now, of the same id or not.
  if (isThere || isInitAlive(instance)) instance.cgroup?.kill()
  refreshIfReadable(instance)
  const ours = instance.init === null ? [...instance.later] : [...instance.later, instance.init]
  for (const process of ours) process.signal(SIGNALS.SIGKILL)
  // The first process of a pid namespace ends when every other one in it was reaped, and ours nobody else reaps.
  await Promise.all(ours.map((process) => process.wait()))
  if (instance.init !== null) return
  const pidfd = openIfRunning(instance)
  if (pidfd < 0) return
  const { kernel } = instance.host
  try {
    syscall(kernel, 'pidfd_send_signal', pidfd, SIGNALS.SIGKILL, null, 0)
    await waitForEnd(kernel, pidfd)
  } finally {
    closeFd(kernel, pidfd)
  }
}

// A state file that somebody spoiled must not keep a container alive: what was read before it will do.
function refreshIfReadable(instance: Instance): void {
  try {
    refreshState(instance)
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
  }
}

function openIfRunning(instance: Instance): number {
  try {
    return openContainerProcess(instance, 'destroy')
  } catch (error) {
    if (isLibcontainerError(error) && error.code === 'ContainerNotRunning') return -1
    throw error
  }
}
