// Owns a process's terminal as a Node stream: what is written to it is typed, what is read from it is shown. No thread
// is held, however long it is silent.

import { Duplex } from 'node:stream'
import {
  closeFd,
  duplicateFd,
  type Kernel,
  readSome,
  setNonBlocking,
  type TerminalHandle,
  type TerminalSize,
  writeAll,
} from '../core.ts'

const CHUNK_BYTES = 65536

/**
 * The stream ends when no process has the terminal any more. To end only the input of a process, type what the
 * terminal takes for it: `terminal.write('\x04')`; `end()` just says that nothing more will be typed. Destroying the
 * stream hangs up: the session gets SIGHUP.
 */
export class Terminal extends Duplex {
  readonly #kernel: Kernel
  readonly #handle: TerminalHandle
  /** The reactor polls a descriptor for one purpose at a time, and the handle's own is for reading. */
  #output: number

  /** Takes the handle over. */
  constructor(kernel: Kernel, handle: TerminalHandle) {
    super({ readableHighWaterMark: CHUNK_BYTES, decodeStrings: true, allowHalfOpen: true })
    this.#kernel = kernel
    this.#handle = handle
    setNonBlocking(kernel, handle.fd)
    this.#output = duplicateFd(kernel, handle.fd)
  }

  /** The size of the window; programs in it ask for it. @throws LibcontainerError `SystemError` */
  size(): TerminalSize {
    return this.#handle.size()
  }

  /**
   * Changes the size of the window; the foreground processes get SIGWINCH.
   * @throws LibcontainerError `ConfigInvalid`, `SystemError`
   */
  resize(size: TerminalSize): void {
    this.#handle.resize(size)
  }

  override _read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    readSome(this.#kernel, this.#handle.fd, chunk).then(
      (length) => (length === 0 ? this.#hangUp() : this.push(chunk.subarray(0, length))),
      (error: Error) => {
        // A read that the close of the stream ended is no error.
        if (!this.destroyed) this.destroy(error)
      },
    )
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    writeAll(this.#kernel, this.#output, chunk).then(() => callback(), callback)
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    closeFd(this.#kernel, this.#output)
    this.#output = -1
    this.#handle.close()
    callback(error)
  }

  /** Nobody is left to read what is typed: a write that still waits would wait for ever. */
  #hangUp(): void {
    this.push(null)
    this.end()
  }
}
