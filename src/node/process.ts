// Owns the process handle of Node and Bun: the core's handle with streams.

import type { Readable, Writable } from 'node:stream'
import type { ExitStatus, ProcessHandle } from '../core.ts'
import type { ProcessStreams } from './stdio.ts'

export class Process {
  /** The end of the pipe that the process reads; null unless `stdin` is `'pipe'`. */
  readonly stdin: Writable | null
  /** What the process writes; null unless `stdout` is `'pipe'`. Unread, it holds the process up when the pipe is full. */
  readonly stdout: Readable | null
  /** @see stdout */
  readonly stderr: Readable | null
  readonly #handle: ProcessHandle

  constructor(handle: ProcessHandle, streams: ProcessStreams) {
    this.#handle = handle
    this.stdin = streams.stdin
    this.stdout = streams.stdout
    this.stderr = streams.stderr
  }

  /** In the pid namespace of the calling program. */
  get pid(): number {
    return this.#handle.pid
  }

  /** Resolves when the process has ended; never rejects. Output may still be on its way in the streams then. */
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
    for (const stream of [this.stdin, this.stdout, this.stderr]) stream?.destroy()
  }
}
