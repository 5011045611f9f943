// Owns writing a descriptor as a Node stream, with the back-pressure of the pipe behind it.

import { Writable } from 'node:stream'
import { checked, closeFd, type Kernel, pollNow, setNonBlocking, writeAll } from '../core.ts'

/** poll(2): nobody has the reading end any more. */
const POLLERR = 8
const EPIPE = 32

export class FdWritable extends Writable {
  readonly #kernel: Kernel
  #fd: number
  #isUnread = false

  /** Takes the descriptor over and sets it non-blocking. */
  constructor(kernel: Kernel, fd: number) {
    super({ decodeStrings: true })
    this.#kernel = kernel
    this.#fd = fd
    setNonBlocking(kernel, fd)
  }

  /**
   * When a process has ended: lets go of a pipe that nobody can read any more, so that a program which never writes to
   * its processes has no descriptor left of each. Writing fails as it would with it, with EPIPE.
   */
  closeIfUnread(): void {
    if (this.#fd < 0 || this.writableLength > 0) return
    if ((pollNow(this.#kernel, this.#fd, 0) & POLLERR) === 0) return
    this.#isUnread = true
    this.#close()
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    this.#writeAll(chunk).then(() => callback(), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#close()
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close()
    callback(error)
  }

  async #writeAll(chunk: Buffer): Promise<void> {
    if (this.#isUnread) checked(-EPIPE, 'write', { action: 'write to a stream' })
    await writeAll(this.#kernel, this.#fd, chunk)
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = -1
    closeFd(this.#kernel, fd)
  }
}
