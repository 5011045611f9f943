// Owns the container object of the core: its verbs, each in a file of its own, on one instance.

import type { CgroupStats } from '../cgroups/cgroup-stats.ts'
import type { MemoryPressureLevel } from '../cgroups/manager.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { LibcontainerError } from '../errors.ts'
import { pairsOf } from '../network/host-interfaces.ts'
import { type NetworkStats, readNetworkStats } from '../network/stats.ts'
import type { IntelRdtStats } from '../resctrl/read-intel-rdt.ts'
import type { ContainerState } from '../state/container-state.ts'
import { withNamespacePaths } from '../state/namespace-paths.ts'
import { deepFreeze } from './deep-freeze.ts'
import { destroyContainer } from './destroy.ts'
import { type MemoryPressureEvent, type OomEvent, pressureLevelAt, watchContainer } from './events.ts'
import { type ExecOptions, execProcess } from './exec.ts'
import {
  type ContainerStatus,
  holdsId,
  type Instance,
  isInitAlive,
  readStatus,
  refreshState,
  requireRunning,
  statusNow,
} from './instance.ts'
import { readContainerIntelRdt } from './intel-rdt.ts'
import { type OciState, ociState, ociStatus } from './oci-state.ts'
import { pauseContainer, resumeContainer } from './pause.ts'
import { prepareProcess, releaseProcess } from './prepare.ts'
import type { ProcessHandle } from './process.ts'
import { ReadinessSocket } from './readiness-socket.ts'
import type { SeccompRequest } from './seccomp-request.ts'
import { type LimitChanges, setLimits } from './set.ts'
import { signalAll, signalContainer } from './signal.ts'
import { type StartOptions, startProcess } from './start.ts'
import { readContainerStats, type StatsOptions } from './stats.ts'
import { type WatchStatsOptions, watchStats } from './watch-stats.ts'

export class CoreContainer {
  readonly #instance: Instance

  constructor(instance: Instance) {
    this.#instance = instance
  }

  get id(): string {
    return this.#instance.id
  }

  /** The configuration with its defaults filled in; frozen. @throws SystemError when its saved state was spoiled */
  get config(): ValidConfig {
    return deepFreeze(this.#instance.config)
  }

  /** What went wrong without stopping anything: poststop hooks that failed. */
  get warnings(): readonly LibcontainerError[] {
    return this.#instance.warnings
  }

  /** Read from the kernel. @throws SystemError */
  status(): ContainerStatus {
    return readStatus(this.#instance)
  }

  /** What is on disk about it. @throws ContainerNotExists when it was not started, or is gone */
  state(): ContainerState {
    if (readStatus(this.#instance) !== 'destroyed')
      return { ...withNamespacePaths(this.#instance.state, this.config), config: this.config }
    throw this.#notExists()
  }

  /** Its state as OCI runtimes print it, also when its first process has ended. @throws ContainerNotExists; SystemError */
  ociState(): OciState {
    const isOurs = this.#instance.init !== null
    if (!(isOurs ? holdsId(this.#instance) : refreshState(this.#instance))) throw this.#notExists()
    return ociState(this.#instance.state, ociStatus(statusNow(this.#instance)))
  }

  /** The OCI bundle that it was made from; '' for none. */
  get bundle(): string {
    return this.#instance.state.bundle ?? ''
  }

  /** Pids of its processes, in the caller's pid namespace. @throws SystemError */
  processes(): readonly number[] {
    const { cgroup, state } = this.#instance
    if (cgroup !== null) return cgroup.readPids()
    return isInitAlive(this.#instance) ? [state.init_process_pid] : []
  }

  /** @see readContainerStats */
  stats(options: StatsOptions = {}): CgroupStats {
    return readContainerStats(this.#instance, options)
  }

  /** The version of cgroups that it is in; null without a cgroup. */
  get cgroupVersion(): 1 | 2 | null {
    return this.#instance.cgroup?.version ?? null
  }

  /** Its figures after each interval; ends when the first process has ended. @see watchStats */
  watchStats(options: WatchStatsOptions): AsyncIterable<CgroupStats> {
    return watchStats(this.#instance, options)
  }

  /** @see setLimits */
  set(changes: LimitChanges): Promise<void> {
    return setLimits(this.#instance, changes)
  }

  /**
   * An event each time that the kernel finds no more memory for it; ends when the first process has ended. Iterating
   * throws ContainerNotRunning; ConfigInvalid without a cgroup or the memory controller; SystemError.
   */
  oomEvents(): AsyncIterable<OomEvent> {
    return watchContainer(this.#instance, 'watch the memory of', (cgroup) => cgroup.watchOom())
  }

  /**
   * An event each time that its memory is short; v1: `memory.pressure_level`, v2: a trigger of PSI. Iterating throws
   * as that of `oomEvents`. @throws ConfigInvalid for an unknown level
   */
  memoryPressure(level: MemoryPressureLevel): AsyncIterable<MemoryPressureEvent> {
    const known = pressureLevelAt(level, 'level')
    return watchContainer(this.#instance, 'watch the memory of', (cgroup) =>
      cgroup.watchMemoryPressure(known),
    )
  }

  /** Counters of its veth networks, as seen from inside. @throws ContainerNotRunning; SystemError */
  networkStats(): readonly NetworkStats[] {
    requireRunning(this.#instance, 'read the network statistics of')
    const { host, config, state } = this.#instance
    return readNetworkStats(host.kernel, pairsOf(config.networks, state.host_interfaces ?? []))
  }

  /** What resctrl says of it; null: it was made without `intelRdt`. @throws SystemError */
  intelRdtStats(): IntelRdtStats | null {
    return readContainerIntelRdt(this.#instance)
  }

  /**
   * System calls that wait for an answer, as rules with the action `NOTIFY` have it, of all processes that were started
   * through this object. It ends with the first process, if that is one of them, and with destroy; ending it earlier makes
   * their calls fail with ENOSYS. A
   * start whose own calls wait, such as execve, goes on when they are answered. Iterating twice at once throws
   * ConfigInvalid; iterating throws SystemError.
   */
  seccompRequests(): AsyncIterable<SeccompRequest> {
    return this.#instance.seccompRequests
  }

  /** @see startProcess */
  start(spec: ProcessSpec, options: StartOptions): Promise<ProcessHandle> {
    return startProcess(this.#instance, spec, options)
  }

  /** @see prepareProcess */
  prepare(spec: ProcessSpec, options: StartOptions): Promise<ProcessHandle> {
    return prepareProcess(this.#instance, spec, options)
  }

  /** @see releaseProcess */
  release(): Promise<void> {
    return releaseProcess(this.#instance)
  }

  /**
   * Before `start` or `release`: from then on its first process can say that it is ready, if the container was made
   * with `notifySocket`. @see ReadinessSocket @throws ConfigInvalid without; SystemError
   */
  listenForReadiness(): ReadinessSocket {
    return new ReadinessSocket(this.#instance)
  }

  /** As `start`, and never the first process. @see execProcess */
  exec(spec: ProcessSpec, options: ExecOptions): Promise<ProcessHandle> {
    return execProcess(this.#instance, spec, options)
  }

  /** @see signalContainer */
  signal(signal: number | string): Promise<void> {
    return signalContainer(this.#instance, signal)
  }

  /** @see signalAll */
  signalAll(signal: number | string): Promise<void> {
    return signalAll(this.#instance, signal)
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

  #notExists(): LibcontainerError {
    return new LibcontainerError({
      code: 'ContainerNotExists',
      action: 'read the state of',
      object: this.id,
      reason: 'container does not exist',
    })
  }
}
