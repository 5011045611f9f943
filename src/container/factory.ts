// Owns creating, finding and loading containers below one root directory.

import { ERRNO } from '../abi/errno.ts'
import { S_IFDIR, S_IFMT, S_IWOTH } from '../abi/flags.ts'
import { loadCgroupManager } from '../cgroups/create-manager.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import type { ContainerConfig, ValidConfig } from '../config/container-config.ts'
import type { ProcessSpec } from '../config/process.ts'
import { validateConfig } from '../config/validate/validate-config.ts'
import { validateId } from '../config/validate/validate-id.ts'
import { describeValue } from '../config/validate/values/describe-value.ts'
import { LibcontainerError } from '../errors.ts'
import { chooseHostInterfaces } from '../network/host-interfaces.ts'
import type { ExplainOptions } from '../plan/explain.ts'
import { STATE_VERSION, type StateHead } from '../state/container-state.ts'
import { readIds, StateDirectory } from '../state/state-directory.ts'
import { makeDirectories } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { isProcessAlive } from '../system/procfs.ts'
import { realTime } from '../system/real-time.ts'
import { readMode } from '../system/stat.ts'
import { checked, systemError } from '../system/syscall.ts'
import { chooseCgroup } from './choose-cgroup.ts'
import { CoreContainer } from './container.ts'
import { explainStart } from './explain.ts'
import { type CreateOptions, type FactoryOptions, Host } from './host.ts'
import { Instance } from './instance.ts'
import { resctrlOf } from './intel-rdt.ts'
import { withNotifySocket } from './notify-socket.ts'
import { mountTmpfsRoot } from './tmpfs-root.ts'
import { validateCreateOptions, validateFactoryOptions } from './validate-factory-options.ts'
import { validateRootfs } from './validate-rootfs.ts'

const ROOT_MODE = 0o700

export class CoreFactory {
  readonly #host: Host
  /** What programs that were killed had put aside was removed. */
  #isSwept = false

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
        field: 'root',
        reason: `expected the absolute path of a directory other than /, got ${describeValue(root)}`,
      })
    }
    const clean = root.endsWith('/') ? root.replace(/\/+$/, '') : root
    if (valid.tmpfsRoot === true) {
      makeDirectories(kernel, clean, ROOT_MODE)
      mountTmpfsRoot(kernel, clean)
    }
    openRoot(kernel, clean)
    return new CoreFactory(new Host(kernel, clean, valid))
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
    createOptions: CreateOptions = {},
  ): Promise<CoreContainer> {
    const { kernel, root, options, creator } = this.#host
    const { bundle, notifySocket = false } = validateCreateOptions(createOptions)
    const name = this.#validateId(id)
    const given = validateConfig(config)
    const valid = notifySocket ? withNotifySocket(given, root, name) : given
    validateRootfs(kernel, valid)
    options.validator?.(valid)
    const cgroup = chooseCgroup(this.#host, name, valid)
    const interfaces = chooseHostInterfaces(kernel, valid.networks)
    const state: StateHead = {
      state_version: STATE_VERSION,
      id: name,
      init_process_pid: 0,
      init_process_start: '',
      created: realTime(kernel),
      creator,
      cgroup_paths: cgroup?.paths ?? {},
      ...(cgroup?.unit && { cgroup_unit: cgroup.unit }),
      ...(interfaces.length > 0 && { host_interfaces: interfaces }),
      ...resctrlOf(kernel, name, valid),
      ...(bundle !== undefined && { bundle }),
      rootfs: valid.rootfs,
      labels: valid.labels,
      ...(hasOwnPids(valid) && { own_pids: true }),
      ...(valid.hooks?.poststop && { poststop: true }),
      ...(notifySocket && { notify_socket: true }),
    }
    if (!this.#isSwept) readIds(kernel, root)
    this.#isSwept = true
    const directory = this.#directoryOf(name)
    directory.make(state, valid)
    return new CoreContainer(new Instance({ host: this.#host, id: name, directory, state }, () => cgroup))
  }

  /**
   * A container that was started, by this or another process; or one whose maker died before that, so that it can be
   * destroyed. What its state says beyond what it is and does is read, and refused, when it is needed.
   * @throws InvalidIdFormat; ContainerNotExists; SystemError
   */
  async load(id: string): Promise<CoreContainer> {
    const host = this.#host
    const name = this.#validateId(id)
    const directory = this.#directoryOf(name)
    const state = directory.find()?.head ?? null
    // It may be gone but for what was put aside.
    if (state === null) readIds(host.kernel, host.root)
    if (state === null || this.#isUnstarted(state)) throw notExists(name)
    return new CoreContainer(
      new Instance({ host, id: name, directory, state }, () => loadCgroup(host.kernel, state)),
    )
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

  #validateId(id: string): string {
    return validateId(id, { grammar: this.#host.options.idGrammar ?? 'libcontainer' })
  }

  #directoryOf(id: string): StateDirectory {
    const host = this.#host
    return new StateDirectory(host.kernel, host.root, id, () => host.self)
  }

  // Until its maker has started or lost it, a container is nobody else's.
  #isUnstarted(state: StateHead): boolean {
    const creator = { pid: state.creator.pid, startTime: state.creator.start }
    return state.init_process_pid === 0 && isProcessAlive(this.#host.kernel, creator)
  }
}

/** Makes the directory if it is missing. */
function openRoot(kernel: Kernel, root: string): void {
  let mode = readMode(kernel, root)
  if (mode < 0) {
    makeDirectories(kernel, root, ROOT_MODE)
    mode = readMode(kernel, root)
  }
  const attempt = { action: 'open the factory', object: root }
  checked(mode, 'statx', attempt)
  if ((mode & S_IFMT) !== S_IFDIR) throw systemError(-ERRNO.ENOTDIR, 'statx', attempt)
  // Whoever may write there may write a state, and have us end or enter a process of their choice.
  if ((mode & S_IWOTH) === 0) return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    ...attempt,
    field: 'root',
    reason: 'anybody may write to this directory',
    hint: 'a directory of states belongs to one user: mode 0700',
  })
}

function hasOwnPids({ namespaces }: ValidConfig): boolean {
  return namespaces.some(({ type, path }) => type === 'pid' && path === undefined)
}

function loadCgroup(kernel: Kernel, { cgroup_paths, cgroup_unit }: StateHead): CgroupManager | null {
  if (Object.keys(cgroup_paths).length === 0) return null
  return loadCgroupManager(kernel, cgroup_paths, cgroup_unit)
}

function notExists(id: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ContainerNotExists',
    action: 'load container',
    object: id,
    reason: 'container does not exist',
  })
}
