// Owns small files in memory (memfd_create(2)): what a program is to read, and what it wrote. Nobody has to read or
// write at the other end meanwhile, as with a pipe.

import { ERRNO } from '../abi/errno.ts'
import { MFD_CLOEXEC, SEEK_SET } from '../abi/flags.ts'
import type { Kernel } from './kernel.ts'
import { checked, syscall, systemError } from './syscall.ts'

/** An empty file, owned by the caller. @throws SystemError */
export function openMemoryFile(kernel: Kernel, name: string): number {
  const fd = syscall(kernel, 'memfd_create', name, MFD_CLOEXEC)
  return checked(fd, 'memfd_create', { action: 'make a file in memory', object: name })
}

/** Gives the file this content, to be read from its beginning. @throws SystemError */
export function fillMemoryFile(kernel: Kernel, fd: number, text: string): void {
  const attempt = { action: 'write a file in memory' }
  const bytes = kernel.encodeText(text)
  checked(syscall(kernel, 'ftruncate', fd, 0), 'ftruncate', attempt)
  checked(syscall(kernel, 'lseek', fd, 0, SEEK_SET), 'lseek', attempt)
  const length = checked(syscall(kernel, 'write', fd, bytes, bytes.length), 'write', attempt)
  if (length !== bytes.length) throw systemError(-ERRNO.ENOSPC, 'write', attempt)
  checked(syscall(kernel, 'lseek', fd, 0, SEEK_SET), 'lseek', attempt)
}

/** What the file begins with. @throws SystemError */
export function readMemoryFile(kernel: Kernel, fd: number, limitBytes: number): string {
  const attempt = { action: 'read a file in memory' }
  const bytes = new Uint8Array(limitBytes)
  checked(syscall(kernel, 'lseek', fd, 0, SEEK_SET), 'lseek', attempt)
  const length = checked(syscall(kernel, 'read', fd, bytes, bytes.length), 'read', attempt)
  return kernel.decodeText(bytes.subarray(0, length))
}
