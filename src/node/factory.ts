// Owns the factory of Node and Bun.

import {
  type ContainerConfig,
  CoreFactory,
  type CreateOptions,
  type ExplainOptions,
  type FactoryOptions,
  type Kernel,
  type ProcessSpec,
} from '../core.ts'
import { Container } from './container.ts'
import { nodeKernel } from './node-kernel.ts'

export class Factory {
  readonly #kernel: Kernel
  readonly #core: CoreFactory

  private constructor(kernel: Kernel, core: CoreFactory) {
    this.#kernel = kernel
    this.#core = core
  }

  /**
   * Opens the directory that holds the states of containers, and makes it (mode 0700) when it is missing. Several
   * programs may share it.
   * @throws LibcontainerError `ConfigInvalid` for a root that is not an absolute path, or that anybody may
   * write to, and for an option, with its `field`; `SystemError`
   */
  static async open(root: string, options: FactoryOptions = {}): Promise<Factory> {
    const kernel = nodeKernel()
    return new Factory(kernel, CoreFactory.open(kernel, root, options))
  }

  /** The directory of the states. */
  get root(): string {
    return this.#core.root
  }

  /**
   * Checks the configuration and reserves the id; nothing runs before `start`. Of racers, one wins.
   * @throws LibcontainerError `InvalidIdFormat`, `ConfigInvalid`, `IdInUse`, `SystemError`
   */
  async create(id: string, config: ContainerConfig, options: CreateOptions = {}): Promise<Container> {
    return new Container(this.#kernel, await this.#core.create(id, config, options))
  }

  /**
   * A container that this or another program started; or one whose maker died, to be destroyed.
   * @throws LibcontainerError `InvalidIdFormat`, `ContainerNotExists`, `SystemError`
   */
  async load(id: string): Promise<Container> {
    return new Container(this.#kernel, await this.#core.load(id))
  }

  /**
   * What `create` and `start` would do on this host: every step, in which process, why, and which field asked for
   * it; with `ops`, the system calls too. Changes nothing. @throws LibcontainerError `ConfigInvalid`, `SystemError`
   */
  async explain(
    config: ContainerConfig,
    process: ProcessSpec,
    options: ExplainOptions = {},
  ): Promise<string> {
    return this.#core.explain(config, process, options)
  }

  /** The ids below the root. @throws LibcontainerError `SystemError` */
  list(): Promise<readonly string[]> {
    return this.#core.list()
  }
}
