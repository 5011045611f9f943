// Owns the process handle of Node and Bun: the core's handle with streams.

import type { ExitStatus, ProcessHandle } from '../core.ts'
import type { ProcessStreams, StreamOptions } from './stdio.ts'

/** A process whose options tell which of its streams there are. It can be handed on wherever a `Process` is wanted. */
export type StartedProcess<Options extends StreamOptions> = Process & ProcessStreams<Options>

export class Process implements ProcessStreams {
  readonly stdin: ProcessStreams['stdin']
  readonly stdout: ProcessStreams['stdout']
  readonly stderr: ProcessStreams['stderr']
  readonly terminal: ProcessStreams['terminal']
  readonly #handle: ProcessHandle

  constructor(handle: ProcessHandle, streams: ProcessStreams) {
    this.#handle = handle
    this.stdin = streams.stdin
    this.stdout = streams.stdout
    this.stderr = streams.stderr
    this.terminal = streams.terminal
  }

  /** In the pid namespace of the calling program. */
  get pid(): number {
    return this.#handle.pid
  }

  /**
   * Resolves when the process has ended. Output may still be on its way in the streams then.
   * @throws LibcontainerError `SystemError` when the kernel refuses to watch it (EMFILE, ENOMEM); it may be asked again
   */
  wait(): Promise<ExitStatus> {
    return this.#handle.wait()
  }

  /**
   * Sends a signal, by number or name (`15`, `'SIGTERM'`, `'term'`); nothing happens when the process has ended.
   * @throws LibcontainerError `ConfigInvalid` for what is no signal; `SystemError`
   */
  signal(signal: number | string): void {
    this.#handle.signal(signal)
  }

  /** Keeps the event loop alive until the process ends (the default). */
  ref(): void {
    this.#handle.ref()
  }

  /** Lets the program end while the process runs on. */
  unref(): void {
    this.#handle.unref()
  }

  /** Kills the process with SIGKILL if it still runs, waits for its end, and closes the streams. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGKILL')
    await this.wait()
    const { stdin, stdout, stderr, terminal } = this
    const streams: readonly ({ destroy(): void } | null)[] = [stdin, stdout, stderr, terminal]
    for (const stream of streams) stream?.destroy()
  }
}
