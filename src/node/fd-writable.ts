// Owns writing a descriptor as a Node stream, with the back-pressure of the pipe behind it.

import { Writable } from 'node:stream'
import { closeFd, type Kernel, setNonBlocking, writeAll } from '../core.ts'

export class FdWritable extends Writable {
  readonly #kernel: Kernel
  #fd: number

  /** Takes the descriptor over and sets it non-blocking. */
  constructor(kernel: Kernel, fd: number) {
    super({ decodeStrings: true })
    this.#kernel = kernel
    this.#fd = fd
    setNonBlocking(kernel, fd)
  }

  override _write(chunk: Buffer, _encoding: string, callback: (error?: Error | null) => void): void {
    writeAll(this.#kernel, this.#fd, chunk).then(() => callback(), callback)
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.#close()
    callback()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#close()
    callback(error)
  }

  #close(): void {
    const fd = this.#fd
    this.#fd = -1
    closeFd(this.#kernel, fd)
  }
}
