// Owns the container object of Node and Bun: the core's container with streams and AbortSignal.

import {
  type CgroupStats,
  type ContainerState,
  type ContainerStatus,
  type CoreContainer,
  type ExecOptions,
  type IntelRdtStats,
  type Kernel,
  type LibcontainerError,
  type LimitChanges,
  type MemoryPressureEvent,
  type MemoryPressureLevel,
  type NetworkStats,
  type OciState,
  type OomEvent,
  objectAt,
  type ProcessSpec,
  type ReadinessSocket,
  type SeccompRequest,
  type StartOptions,
  type StatsOptions,
  type ValidConfig,
  type WatchStatsOptions,
} from '../core.ts'
import { cancellationOf, validateSignal } from './cancellation.ts'
import { Process, type StartedProcess } from './process.ts'
import { openStdio, type StdioOptions } from './stdio.ts'
import { watchUntilAborted } from './watch-until-aborted.ts'

/** What to start, as whom, and with which streams. */
export interface ProcessOptions extends ProcessSpec, StdioOptions {
  /**
   * Aborting it while the start is under way takes everything back, and the start rejects with the signal's reason;
   * aborting it later kills the process with SIGKILL.
   */
  readonly signal?: AbortSignal
}

/** A later process: `start`, and where and when. */
export interface ExecProcessOptions
  extends ProcessOptions,
    Pick<ExecOptions, 'ignorePaused' | 'subCgroups'> {}

/** How to watch a container. */
export interface WatchOptions {
  /** Aborting it ends the iteration, as `break` does; the container goes on. */
  readonly signal?: AbortSignal
}

export class Container {
  readonly #core: CoreContainer
  readonly #kernel: Kernel

  constructor(kernel: Kernel, core: CoreContainer) {
    this.#kernel = kernel
    this.#core = core
  }

  get id(): string {
    return this.#core.id
  }

  /** The configuration with its defaults filled in; frozen. @throws SystemError when its saved state was spoiled */
  get config(): ValidConfig {
    return this.#core.config
  }

  /** What went wrong without stopping anything: poststop hooks that failed. */
  get warnings(): readonly LibcontainerError[] {
    return this.#core.warnings
  }

  /**
   * Read from the kernel, not remembered: a zombie is not running, and paused means that the cgroup is frozen.
   * @throws LibcontainerError `SystemError`
   */
  async status(): Promise<ContainerStatus> {
    return this.#core.status()
  }

  /** The state that is on disk. @throws LibcontainerError `ContainerNotExists` when it is not running */
  async state(): Promise<ContainerState> {
    return this.#core.state()
  }

  /**
   * Its state as OCI runtimes print it and hooks read it, also when its first process has ended.
   * @throws LibcontainerError `ContainerNotExists`, `SystemError`
   */
  async ociState(): Promise<OciState> {
    return this.#core.ociState()
  }

  /** The version of cgroups that it is in; null without a cgroup. */
  get cgroupVersion(): 1 | 2 | null {
    return this.#core.cgroupVersion
  }

  /** Pids of all its processes, in the pid namespace of the calling program. @throws LibcontainerError `SystemError` */
  async processes(): Promise<readonly number[]> {
    return this.#core.processes()
  }

  /**
   * Figures of its cgroup: CPU time, memory, block devices, huge pages, pids and so on, 64-bit counters as bigint.
   * Asking for some controllers only is faster. @throws LibcontainerError `ConfigInvalid` without a cgroup or for an
   * unknown controller; `SystemError`
   */
  async stats(options: StatsOptions = {}): Promise<CgroupStats> {
    return this.#core.stats(options)
  }

  /**
   * Its figures after each interval: `for await (const { memory } of container.watchStats({ intervalMs: 5000 }))`. It
   * ends when the first process has ended; `break` ends it earlier.
   * The loop throws as `stats`, and LibcontainerError `ContainerNotRunning`
   * @throws LibcontainerError `ConfigInvalid` for what is no interval or controller
   */
  watchStats(options: WatchStatsOptions & WatchOptions): AsyncIterable<CgroupStats> {
    const { signal: _, ...rest } = objectAt(options, 'options')
    return watchUntilAborted(this.#core.watchStats(rest), options)
  }

  /**
   * Changes limits while it runs: those that are given, to the last field; all others stay. When the kernel refuses
   * one, those already changed are changed back. The state on disk has the new limits.
   * @throws LibcontainerError `ContainerNotRunning`, `ContainerNotExists`; `ConfigInvalid` and `SystemError` with the
   * field
   */
  async set(changes: LimitChanges): Promise<void> {
    return this.#core.set(changes)
  }

  /**
   * An event each time that the kernel finds no more memory for it: `for await (const { kills } of
   * container.oomEvents())`. It watches from the beginning of the loop, and ends when the first process has ended;
   * `break` ends it earlier. Events that come faster than the loop takes them become one. On v1, cgroups that the
   * container makes below its own are not watched.
   * The loop throws LibcontainerError `ContainerNotRunning`; `ConfigInvalid` without a cgroup or its memory
   * controller; `SystemError`
   */
  oomEvents(options: WatchOptions = {}): AsyncIterable<OomEvent> {
    return watchUntilAborted(this.#core.oomEvents(), options)
  }

  /**
   * An event each time that its memory is short. v1: the levels of `memory.pressure_level`. v2: in 2 seconds, some
   * task waited 5 % (low) or 15 % (medium) of the time for memory, or all of them did for 15 % (critical). Otherwise
   * as `oomEvents`. @throws LibcontainerError `ConfigInvalid` for an unknown level
   */
  memoryPressure(level: MemoryPressureLevel, options: WatchOptions = {}): AsyncIterable<MemoryPressureEvent> {
    return watchUntilAborted(this.#core.memoryPressure(level), options)
  }

  /**
   * Counters of its veth networks, in the order of the configuration, as seen from inside: `rx` is what the container
   * received. @throws LibcontainerError `ContainerNotRunning`, `SystemError`
   */
  async networkStats(): Promise<readonly NetworkStats[]> {
    return this.#core.networkStats()
  }

  /**
   * What the kernel's resctrl says of it: schemata of its class, what the CPU can divide, counters. null: it was made
   * without `intelRdt`. @throws LibcontainerError `SystemError`
   */
  async intelRdtStats(): Promise<IntelRdtStats | null> {
    return this.#core.intelRdtStats()
  }

  /**
   * System calls that wait for an answer, as rules with the action `NOTIFY` have it, of all processes that were started
   * through this object: `for await (const request of container.seccompRequests()) request.fail('EPERM')`. It ends
   * with the first process, if that is one of them, and with destroy; `break` makes their calls fail with ENOSYS. A start whose own calls wait, such as execve,
   * goes on when they are answered, so the loop should begin before it.
   * The loop throws LibcontainerError `SystemError`; a second one at the same time `ConfigInvalid`
   */
  seccompRequests(options: WatchOptions = {}): AsyncIterable<SeccompRequest> {
    return watchUntilAborted(this.#core.seccompRequests(), options)
  }

  /**
   * Starts a process: the first one makes the container, later ones join it. When the first start fails, nothing of
   * the container is left; `start` may be called again.
   * @throws LibcontainerError `ConfigInvalid`, `ContainerPaused`; `ContainerNotExists` when it is gone, or somebody
   * destroyed it meanwhile; `SystemError` with the step
   */
  start<const Options extends ProcessOptions>(options: Options): Promise<StartedProcess<Options>> {
    return this.#open(options, (spec, how) => this.#core.start(spec, how))
  }

  /**
   * A first start in two parts, as OCI runtimes have it (`create`, then `start`): makes the container and its first
   * process, which is complete but for the last step. It waits for `release`; the status is `created` then, and other
   * processes can be started beside it. Whatever is wrong with the configuration, the user or the command is told
   * now. The calling program may end; of ours nothing stays but the process. `destroy` takes it down.
   * @throws LibcontainerError `ConfigInvalid`; `ContainerNotStopped` when there is a first process;
   * `ContainerNotExists` when somebody destroyed it meanwhile; `SystemError` with the step
   */
  prepare<const Options extends ProcessOptions>(options: Options): Promise<StartedProcess<Options>> {
    return this.#open(options, (spec, how) => this.#core.prepare(spec, how))
  }

  /**
   * Lets the process that was prepared, by this or by another program, execute its command; resolves when it has.
   * @throws LibcontainerError `ContainerNotExists`, `ContainerPaused`; `ContainerNotRunning` when it has ended;
   * `ContainerNotStopped` when it runs already; `SystemError` when the command could not be executed (its interpreter
   * is missing, it is for another architecture): the process has ended then
   */
  release(): Promise<void> {
    return this.#core.release()
  }

  /**
   * Starts a later process as `start` does, and never the first one; on request also in a paused container, or in
   * cgroups below the container's.
   * @throws LibcontainerError `ConfigInvalid`, `ContainerNotRunning`, `ContainerPaused`, `ContainerNotExists`,
   * `SystemError` with the step
   */
  async exec<const Options extends ExecProcessOptions>(options: Options): Promise<StartedProcess<Options>> {
    const { ignorePaused, subCgroups, ...process } = objectAt<ExecProcessOptions>(options, 'process')
    const where = definedOnly<Pick<ExecOptions, 'ignorePaused' | 'subCgroups'>>({ ignorePaused, subCgroups })
    return this.#open(process as Options, (spec, how) => this.#core.exec(spec, { ...how, ...where }))
  }

  /**
   * Before `start` or `release`: from then on its first process can say that it is ready, if the container was created
   * with `notifySocket`; `relay` waits for that and tells a service manager (sd_notify(3)).
   * @throws LibcontainerError `ConfigInvalid` without; `SystemError`
   */
  listenForReadiness(): ReadinessSocket {
    return this.#core.listenForReadiness()
  }

  async #open<Options extends ProcessOptions>(
    options: Options,
    start: (spec: ProcessSpec, options: StartOptions) => Promise<Handle>,
  ): Promise<StartedProcess<Options>> {
    const {
      stdin,
      stdout,
      stderr,
      extraFiles,
      signal: given,
      ...spec
    }: ProcessOptions = objectAt(options, 'process')
    const { terminal } = spec
    const signal = validateSignal(given)
    const stdio = openStdio(this.#kernel, definedOnly({ stdin, stdout, stderr, extraFiles, terminal }))
    try {
      const cancellation = signal === undefined ? {} : { cancellation: cancellationOf(signal) }
      const handle = await start(spec, { io: stdio.io, ...cancellation })
      if (signal !== undefined) killOnAbort(signal, handle)
      return new Process(handle, stdio.streams(handle)) as StartedProcess<Options>
    } catch (error) {
      stdio.close()
      throw error
    }
  }

  /** Sends a signal to the first process. @throws LibcontainerError `ContainerNotRunning`, `ConfigInvalid`, `SystemError` */
  signal(signal: number | string): Promise<void> {
    return this.#core.signal(signal)
  }

  /**
   * Sends a signal to every process in its cgroup, also when the first one has ended; that there is none is no error.
   * @throws LibcontainerError `ConfigInvalid` without a cgroup, or for what is no signal; `SystemError`
   */
  signalAll(signal: number | string): Promise<void> {
    return this.#core.signalAll(signal)
  }

  /**
   * Freezes every process. @throws LibcontainerError `ContainerNotRunning`, or `ContainerNotExists` after `destroy`;
   * `ConfigInvalid` without a cgroup; `SystemError`
   */
  pause(): Promise<void> {
    return this.#core.pause()
  }

  /** Lets every process go on. @throws as `pause` */
  resume(): Promise<void> {
    return this.#core.resume()
  }

  /**
   * Kills every process, also frozen ones, and removes the cgroup and the state. Again, or where nothing is left, it
   * does nothing. @throws LibcontainerError `SystemError`
   */
  destroy(): Promise<void> {
    return this.#core.destroy()
  }

  /** Destroys the container. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy()
  }
}

type Handle = Awaited<ReturnType<CoreContainer['start']>>

function killOnAbort(signal: AbortSignal, handle: Handle): void {
  const kill = (): void => handle.signal('SIGKILL')
  if (signal.aborted) kill()
  else {
    signal.addEventListener('abort', kill, { once: true })
    handle.onEnd(() => signal.removeEventListener('abort', kill))
  }
}

function definedOnly<T extends object>(options: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
