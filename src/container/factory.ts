// Owns creating, finding and loading containers below one root directory.

import { S_IWOTH } from '../abi/flags.ts'
import { loadCgroupManager } from '../cgroups/create-manager.ts'
import type { ContainerConfig } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateId } from '../config/validate/validate-id.ts'
import { LibcontainerError } from '../errors.ts'
import { chooseHostInterfaces } from '../network/host-interfaces.ts'
import type { ExplainOptions } from '../plan/explain.ts'
import { type ContainerState, STATE_VERSION } from '../state/container-state.ts'
import { reviveConfig } from '../state/revive-config.ts'
import { readIds, StateDirectory } from '../state/state-directory.ts'
import { makeDirectories } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { isProcessAlive } from '../system/procfs.ts'
import { realTime } from '../system/real-time.ts'
import { statPath } from '../system/stat.ts'
import { chooseCgroup } from './choose-cgroup.ts'
import { CoreContainer } from './container.ts'
import { explainStart } from './explain.ts'
import { createHost, type FactoryOptions, type Host } from './host.ts'
import { withNotifySocket } from './notify-socket.ts'
import { SeccompRequests } from './seccomp-requests.ts'
import { mountTmpfsRoot } from './tmpfs-root.ts'
import { validateFactoryOptions } from './validate-factory-options.ts'
import { validateRootfs } from './validate-rootfs.ts'

const ROOT_MODE = 0o700

/** What is kept beside the configuration. */
export interface CreateOptions {
  /** The OCI bundle that the configuration came from: an absolute path, for the state only. @default none */
  readonly bundle?: string
  /**
   * Gives its first process a socket of sd_notify(3), by which it can say that it is ready: `NOTIFY_SOCKET`, in a
   * directory that is bound at `/run/notify`. @default false @see CoreContainer.listenForReadiness
   */
  readonly notifySocket?: boolean
}

export class CoreFactory {
  readonly #host: Host

  private constructor(host: Host) {
    this.#host = host
  }

  /**
   * Opens the directory that holds the states of containers, and makes it (mode 0700) when it is missing.
   * @throws ConfigInvalid for a root that is not an absolute path other than `/`, or that anybody may write to, and for
   * an option; SystemError
   */
  static open(kernel: Kernel, root: string, options: FactoryOptions = {}): CoreFactory {
    const valid = validateFactoryOptions(options)
    if (typeof root !== 'string' || !/^\/+[^/\0]/.test(root) || root.includes('\0')) {
      throw new LibcontainerError({
        code: 'ConfigInvalid',
        action: 'open the factory',
        object: String(root),
        field: 'root',
        reason: 'expected the absolute path of a directory other than /',
      })
    }
    const clean = root.replace(/\/+$/, '')
    makeDirectories(kernel, clean, ROOT_MODE)
    if (valid.tmpfsRoot === true) mountTmpfsRoot(kernel, clean)
    refuseOpenRoot(kernel, clean)
    readIds(kernel, clean)
    return new CoreFactory(createHost(kernel, clean, valid))
  }

  /** The directory of the states. */
  get root(): string {
    return this.#host.root
  }

  /**
   * Reserves the id and checks the configuration; nothing runs before `start`. Of racers, one wins.
   * @throws InvalidIdFormat, ConfigInvalid, IdInUse, SystemError, in this order
   */
  async create(
    id: string,
    config: ContainerConfig,
    { bundle, notifySocket = false }: CreateOptions = {},
  ): Promise<CoreContainer> {
    const { kernel, root, options, self } = this.#host
    const name = validateId(id, { grammar: options.idGrammar ?? 'libcontainer' })
    const given = validateConfig(config)
    const valid = notifySocket ? withNotifySocket(given, root, name) : given
    validateRootfs(kernel, valid)
    options.validator?.(valid)
    const cgroup = chooseCgroup(this.#host, name, valid)
    const state: ContainerState = {
      state_version: STATE_VERSION,
      id: name,
      init_process_pid: 0,
      init_process_start: '',
      created: realTime(kernel),
      creator: { pid: self.pid, start: self.startTime },
      cgroup_paths: cgroup?.paths ?? {},
      ...(cgroup?.unit && { cgroup_unit: cgroup.unit }),
      host_interfaces: chooseHostInterfaces(kernel, valid.networks),
      namespace_paths: {},
      ...(bundle !== undefined && { bundle }),
      ...(notifySocket && { notify_socket: true }),
      config: valid,
    }
    const directory = new StateDirectory(kernel, root, name, self)
    directory.make(state)
    return new CoreContainer({
      host: this.#host,
      id: name,
      directory,
      config: valid,
      cgroup,
      state,
      init: null,
      later: new Set(),
      seccompRequests: new SeccompRequests(kernel),
      warnings: [],
    })
  }

  /**
   * A container that was started, by this or another process; or one whose maker died before that, so that it can be
   * destroyed.
   * @throws InvalidIdFormat; ContainerNotExists; SystemError
   */
  async load(id: string): Promise<CoreContainer> {
    const { kernel, root, options, self } = this.#host
    const name = validateId(id, { grammar: options.idGrammar ?? 'libcontainer' })
    const directory = new StateDirectory(kernel, root, name, self)
    const state = directory.read()
    if (state === null || this.#isUnstarted(state)) throw notExists(name)
    const config = validateConfig(reviveConfig(state.config))
    const hasCgroup = Object.keys(state.cgroup_paths).length > 0
    const cgroup = hasCgroup ? loadCgroupManager(kernel, state.cgroup_paths, state.cgroup_unit) : null
    return new CoreContainer({
      host: this.#host,
      id: name,
      directory,
      config,
      cgroup,
      state,
      init: null,
      later: new Set(),
      seccompRequests: new SeccompRequests(kernel),
      warnings: [],
    })
  }

  /** Ids of the containers below the root, in the order of their names. @throws SystemError */
  async list(): Promise<readonly string[]> {
    return readIds(this.#host.kernel, this.#host.root)
  }

  /**
   * What `create` and `start` would do: every step, in which process, why, and which field asked for it.
   * @throws ConfigInvalid, SystemError
   */
  explain(config: ContainerConfig, process: ProcessSpec, options: ExplainOptions = {}): string {
    return explainStart(this.#host, config, process, options)
  }

  // Until its maker has started or lost it, a container is nobody else's.
  #isUnstarted(state: ContainerState): boolean {
    const creator = { pid: state.creator.pid, startTime: state.creator.start }
    return state.init_process_pid === 0 && isProcessAlive(this.#host.kernel, creator)
  }
}

/** Whoever may write there may write a state, and have us end or enter a process of their choice. */
function refuseOpenRoot(kernel: Kernel, root: string): void {
  const status = statPath(kernel, root)
  if (typeof status === 'number' || (status.mode & S_IWOTH) === 0) return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'open the factory',
    object: root,
    field: 'root',
    reason: 'anybody may write to this directory',
    hint: 'a directory of states belongs to one user: mode 0700',
  })
}

function notExists(id: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ContainerNotExists',
    action: 'load container',
    object: id,
    reason: 'container does not exist',
  })
}
