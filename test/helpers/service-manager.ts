// Owns the host's side of sd_notify(3) for tests: a socket that notes what comes, in order, and confirms what asks for
// it by closing the descriptors that came along.

import { join } from 'node:path'
import { AF_UNIX, POLLIN, SOCK_CLOEXEC, SOCK_DGRAM } from '../../src/abi/flags.ts'
import { closeAll, closeFd } from '../../src/system/fd.ts'
import type { Kernel } from '../../src/system/kernel.ts'
import { checked, syscall } from '../../src/system/syscall.ts'
import { receiveAt } from '../../src/system/unix-socket.ts'

export class ServiceManager {
  /** As NOTIFY_SOCKET has it. */
  readonly address: string
  /** What was said, a datagram each. */
  readonly heard: string[] = []
  readonly #kernel: Kernel
  readonly #socket: number

  private constructor(kernel: Kernel, address: string, socket: number) {
    this.#kernel = kernel
    this.address = address
    this.#socket = socket
    void this.#listen()
  }

  static at(kernel: Kernel, directory: string, name: string): ServiceManager {
    return new ServiceManager(kernel, join(directory, name), receiveAt(kernel, directory, name))
  }

  /** At an abstract address (unix(7)). */
  static abstract(kernel: Kernel, name: string): ServiceManager {
    const attempt = { action: 'listen at', object: `@${name}` }
    const type = SOCK_DGRAM | SOCK_CLOEXEC
    const socket = checked(syscall(kernel, 'socket', AF_UNIX, type, 0), 'socket', attempt)
    const address = Uint8Array.of(AF_UNIX, 0, 0, ...kernel.encodeText(name))
    checked(syscall(kernel, 'bind', socket, address, address.length), 'bind', attempt)
    return new ServiceManager(kernel, `@${name}`, socket)
  }

  async #listen(): Promise<void> {
    while ((await this.#kernel.poll(this.#socket, POLLIN)) > 0) {
      const bytes = new Uint8Array(4096)
      const descriptors = new Int32Array(8)
      const length = this.#kernel.receive(this.#socket, bytes, descriptors)
      if (length < 0) continue
      this.heard.push(this.#kernel.decodeText(bytes.subarray(0, length)))
      closeAll(this.#kernel, descriptors)
    }
  }

  end(): void {
    closeFd(this.#kernel, this.#socket)
  }
}
