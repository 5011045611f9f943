// Owns memory whose address we know, for bpf(2), whose argument points at more memory: the kernel interface lends an
// address for one call only and does not tell it. A memfd, mapped; filled and read back as a file.

import type { Arch } from '../../abi/syscalls.ts'
import { closeFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { checked, syscall, systemError } from '../../system/syscall.ts'

const MMAP: Readonly<Record<Arch, number>> = { x86_64: 9, aarch64: 222 }
const MUNMAP: Readonly<Record<Arch, number>> = { x86_64: 11, aarch64: 215 }
const MFD_CLOEXEC = 1
const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const ATTEMPT = { action: 'make memory for a device program' }

export class SharedMemory {
  readonly address: number
  readonly #kernel: Kernel
  readonly #fd: number
  readonly #length: number

  /** Memory that holds a copy of the bytes. @throws LibcontainerError SystemError */
  constructor(kernel: Kernel, bytes: Uint8Array) {
    this.#kernel = kernel
    this.#length = bytes.length
    this.#fd = checked(syscall(kernel, 'memfd_create', 'libcontainer', MFD_CLOEXEC), 'memfd_create', ATTEMPT)
    try {
      checked(syscall(kernel, 'write', this.#fd, bytes, bytes.length), 'write', ATTEMPT)
      const nr = MMAP[kernel.arch]
      this.address = kernel.call(nr, null, bytes.length, PROT_READ_WRITE, MAP_SHARED, this.#fd, 0)
      if (this.address < 0) throw systemError(this.address, 'mmap', ATTEMPT)
    } catch (error) {
      closeFd(kernel, this.#fd)
      throw error
    }
  }

  /** What is in it now. @throws LibcontainerError SystemError */
  read(): DataView {
    const bytes = new Uint8Array(this.#length)
    checked(syscall(this.#kernel, 'lseek', this.#fd, 0, 0), 'lseek', ATTEMPT)
    checked(syscall(this.#kernel, 'read', this.#fd, bytes, bytes.length), 'read', ATTEMPT)
    return new DataView(bytes.buffer)
  }

  close(): void {
    this.#kernel.call(MUNMAP[this.#kernel.arch], this.address, this.#length)
    closeFd(this.#kernel, this.#fd)
  }
}
