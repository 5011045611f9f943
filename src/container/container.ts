// Owns the container object of the core: its verbs, each in a file of its own, on one instance.

import type { CgroupStats } from '../cgroups/manager.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { LibcontainerError } from '../errors.ts'
import { pairsOf } from '../network/host-interfaces.ts'
import { type NetworkStats, readNetworkStats } from '../network/stats.ts'
import type { ContainerState } from '../state/container-state.ts'
import { closeFd } from '../system/fd.ts'
import { checked, syscall } from '../system/syscall.ts'
import { destroyContainer } from './destroy.ts'
import {
  type ContainerStatus,
  type Instance,
  isInitAlive,
  readStatus,
  refreshState,
  requireCgroup,
  requireRunning,
} from './instance.ts'
import { openContainerProcess } from './open-process.ts'
import { pauseContainer, resumeContainer } from './pause.ts'
import { type ProcessHandle, parseSignal } from './process.ts'
import { type StartOptions, startProcess } from './start.ts'

export class CoreContainer {
  readonly #instance: Instance

  constructor(instance: Instance) {
    this.#instance = instance
  }

  get id(): string {
    return this.#instance.id
  }

  /** The configuration with its defaults filled in; frozen. */
  get config(): ValidConfig {
    return this.#instance.config
  }

  /** Read from the kernel. @throws SystemError */
  status(): ContainerStatus {
    return readStatus(this.#instance)
  }

  /** What is on disk about it. @throws ContainerNotExists when it was not started, or is gone */
  state(): ContainerState {
    if (readStatus(this.#instance) !== 'destroyed') return this.#instance.state
    throw new LibcontainerError({
      code: 'ContainerNotExists',
      action: 'read the state of',
      object: this.id,
      reason: 'container does not exist',
    })
  }

  /** Pids of its processes, in the caller's pid namespace. @throws SystemError */
  processes(): readonly number[] {
    const { cgroup, state } = this.#instance
    if (cgroup !== null) return cgroup.readPids()
    return isInitAlive(this.#instance) ? [state.init_process_pid] : []
  }

  /** Figures of its cgroup. @throws ConfigInvalid without a cgroup; SystemError */
  stats(): CgroupStats {
    return requireCgroup(this.#instance, 'read the statistics of').readStats()
  }

  /** Counters of its veth networks, as seen from inside. @throws ContainerNotRunning; SystemError */
  networkStats(): readonly NetworkStats[] {
    requireRunning(this.#instance, 'read the network statistics of')
    const { host, config, state } = this.#instance
    return readNetworkStats(host.kernel, pairsOf(config.networks, state.host_interfaces ?? []))
  }

  /** @see startProcess */
  start(spec: ProcessSpec, options: StartOptions): Promise<ProcessHandle> {
    return startProcess(this.#instance, spec, options)
  }

  /** Sends a signal to the first process. @throws ContainerNotRunning; ConfigInvalid for what is no signal; SystemError */
  signal(signal: number | string): void {
    const number = parseSignal(signal)
    const { kernel } = this.#instance.host
    refreshState(this.#instance)
    const pidfd = openContainerProcess(this.#instance, 'signal')
    try {
      checked(syscall(kernel, 'pidfd_send_signal', pidfd, number, null, 0), 'pidfd_send_signal', {
        action: 'signal',
        object: this.id,
      })
    } finally {
      closeFd(kernel, pidfd)
    }
  }

  /** @see pauseContainer */
  pause(): Promise<void> {
    return pauseContainer(this.#instance)
  }

  /** @see resumeContainer */
  resume(): Promise<void> {
    return resumeContainer(this.#instance)
  }

  /** @see destroyContainer */
  destroy(): Promise<void> {
    return destroyContainer(this.#instance)
  }
}
