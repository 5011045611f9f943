// Owns reading a descriptor as a Node stream: non-blocking reads when the consumer wants more, the reactor when there
// is nothing. No thread is held, however long a container is silent.

import { Readable } from 'node:stream'
import { closeFd, type Kernel, readSome, setNonBlocking } from '../core.ts'

const CHUNK_BYTES = 65536

export class FdReadable extends Readable {
  readonly #kernel: Kernel
  #fd: number

  /** Takes the descriptor over and sets it non-blocking. */
  constructor(kernel: Kernel, fd: number) {
    super({ highWaterMark: CHUNK_BYTES })
    this.#kernel = kernel
    this.#fd = fd
    setNonBlocking(kernel, fd)
  }

  override _read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    readSome(this.#kernel, this.#fd, chunk).then(
      (length) => this.push(length === 0 ? null : chunk.subarray(0, length)),
      (error: Error) => {
        // A read that the close of the stream ended is no error.
        if (this.#fd >= 0) this.destroy(error)
      },
    )
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const fd = this.#fd
    this.#fd = -1
    closeFd(this.#kernel, fd)
    callback(error)
  }
}
