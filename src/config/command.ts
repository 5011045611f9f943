// Owns the types of the programs that run as part of a container's life: hooks, and commands around a mount. Types only.

/** A program of the caller's. It gets what is said here and nothing of its caller: no environment, no descriptors. */
export interface Command {
  /** Absolute. */
  readonly path: string
  /** The command line, from `argv[0]` on. @default [path] */
  readonly args?: readonly string[]
  /** `KEY=VALUE`. @default [] */
  readonly env?: readonly string[]
  /** How long it may take, milliseconds. Then it is killed, with its process group, and has failed. @default no limit */
  readonly timeoutMs?: number
}

/** A program that gets the state of the container on its standard input: the JSON of the OCI runtime specification. */
export type Hook = Command

/** Hooks of a kind run one after another; but for `poststop`, the first one that fails ends the start. */
export interface Hooks {
  /** As createRuntime, and before it. The specification calls it deprecated. */
  readonly prestart?: readonly Hook[]
  /** In the caller's namespaces, when the container's namespaces and mounts are made; its root is not switched yet. */
  readonly createRuntime?: readonly Hook[]
  /** Then, in the container's namespaces; `path` is one of the host, and the working directory the container's root. */
  readonly createContainer?: readonly Hook[]
  /**
   * In the container, with the rights of its process and right before it; `path` is one of the container.
   * Their environment is by default that of the process.
   */
  readonly startContainer?: readonly Hook[]
  /** In the caller's namespaces, when the process runs. One that fails takes the container down. */
  readonly poststart?: readonly Hook[]
  /** In the caller's namespaces, when all of the container is gone. One that fails stops nothing. */
  readonly poststop?: readonly Hook[]
}

/**
 * A program around a mount, run by the container's own init in its namespaces: it sees the host's files, and below
 * `rootfs` the container's. Its standard input is empty.
 */
export interface MountCommand extends Command {
  /** Absolute, or a name that is looked up in the PATH of `env`, or else in that of the process. */
  readonly path: string
  /** `KEY=VALUE`. @default that of the process */
  readonly env?: readonly string[]
  /** The working directory; absolute, on the host. @default the container's root */
  readonly dir?: string
}
