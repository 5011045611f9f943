// Owns reading a descriptor as a Node stream: non-blocking reads when the consumer wants more, the reactor when there
// is nothing. No thread is held, however long a container is silent.

import { Readable } from 'node:stream'
import { closeFd, type Kernel, pollNow, readSome, setNonBlocking, syscall } from '../core.ts'

const CHUNK_BYTES = 65536
/** poll(2): there is something to read; nobody has the writing end any more. */
const POLLIN = 1
const POLLHUP = 16

export class FdReadable extends Readable {
  readonly #kernel: Kernel
  #fd: number
  #isReading = false

  /** Takes the descriptor over and sets it non-blocking. */
  constructor(kernel: Kernel, fd: number) {
    super({ highWaterMark: CHUNK_BYTES })
    this.#kernel = kernel
    this.#fd = fd
    setNonBlocking(kernel, fd)
  }

  override _read(): void {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    this.#isReading = true
    readSome(this.#kernel, this.#fd, chunk).then(
      (length) => {
        this.#isReading = false
        if (length > 0) this.push(chunk.subarray(0, length))
        else this.#end()
      },
      (error: Error) => {
        // A read that the close of the stream ended is no error.
        if (this.#fd >= 0) this.destroy(error)
      },
    )
  }

  /**
   * When a process has ended: takes in what is left, if nobody else can write, which is a pipe full at most. So what is
   * never read costs no descriptor, and can still be read.
   */
  takeRest(): void {
    if (this.#fd < 0 || this.#isReading) return
    for (;;) {
      const events = pollNow(this.#kernel, this.#fd, POLLIN)
      if ((events & POLLHUP) === 0) return
      if ((events & POLLIN) === 0) break
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const length = syscall(this.#kernel, 'read', this.#fd, chunk, chunk.length)
      if (length <= 0) break
      this.push(Buffer.from(chunk.subarray(0, length)))
    }
    this.#end()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close()
    callback(error)
  }

  #end(): void {
    this.#close()
    this.push(null)
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = -1
    closeFd(this.#kernel, fd)
  }
}
