// Owns sending signals to a container: to its first process, or to every process in its cgroup.

import { ERRNO } from '../abi/errno.ts'
import { SIGNALS } from '../abi/signals.ts'
import { isFrozen } from '../cgroups/is-frozen.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import { closeAll, closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { type Attempt, checked, syscall } from '../system/syscall.ts'
import { type Instance, refreshState, requireCgroup } from './instance.ts'
import { openContainerProcess } from './open-process.ts'
import { parseSignal } from './process.ts'

/**
 * The first process; for SIGKILL where it has no pid namespace that would end with it, everyone in the cgroup, also when
 * it has ended already. @throws ContainerNotRunning; ConfigInvalid for what is no signal; SystemError
 */
export async function signalContainer(instance: Instance, signal: number | string): Promise<void> {
  const number = parseSignal(signal)
  const { kernel } = instance.host
  refreshState(instance)
  if (number === SIGNALS.SIGKILL && killsOthers(instance)) return instance.cgroup?.kill()
  const pidfd = openContainerProcess(instance, 'signal')
  try {
    send(kernel, pidfd, number, { action: 'signal', object: instance.id })
  } finally {
    closeFd(kernel, pidfd)
  }
  // On v1 a frozen process does not even die.
  if (number === SIGNALS.SIGKILL && isFrozen(kernel, instance.state.cgroup_paths))
    if (instance.cgroup?.version === 1) await instance.cgroup.thaw()
}

function killsOthers(instance: Instance): boolean {
  return !instance.state.own_pids && (instance.cgroup?.readPids() ?? []).length > 0
}

/**
 * Every process in the cgroup, also when the first one has ended; nobody is there is no error.
 * @throws ConfigInvalid without a cgroup, or for what is no signal; SystemError
 */
export async function signalAll(instance: Instance, signal: number | string): Promise<void> {
  const number = parseSignal(signal)
  const cgroup = requireCgroup(instance, 'signal')
  if (number === SIGNALS.SIGKILL) cgroup.kill()
  else signalEach(instance.host.kernel, cgroup, number, { action: 'signal', object: instance.id })
}

function signalEach(kernel: Kernel, cgroup: CgroupManager, signal: number, attempt: Attempt): void {
  const opened = new Map<number, number>()
  try {
    for (const pid of cgroup.readPids()) {
      const pidfd = syscall(kernel, 'pidfd_open', pid, 0)
      if (pidfd !== -ERRNO.ESRCH) opened.set(pid, checked(pidfd, 'pidfd_open', attempt))
    }
    // What is there still, with that number, is what was opened.
    for (const pid of cgroup.readPids()) {
      const pidfd = opened.get(pid)
      if (pidfd !== undefined) send(kernel, pidfd, signal, attempt)
    }
  } finally {
    closeAll(kernel, opened.values())
  }
}

function send(kernel: Kernel, pidfd: number, signal: number, attempt: Attempt): void {
  const result = syscall(kernel, 'pidfd_send_signal', pidfd, signal, null, 0)
  if (result !== -ERRNO.ESRCH) checked(result, 'pidfd_send_signal', attempt)
}
