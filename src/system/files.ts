// Owns reading and writing small files, and making and removing directories, on paths of the host that we trust.
// Never for a path below a container's root: that is paths.ts.

import { ERRNO } from '../abi/errno.ts'
import { AT_FDCWD, AT_REMOVEDIR, O_CREAT, O_DIRECTORY, O_TRUNC } from '../abi/flags.ts'
import { closeFd, openFd } from './fd.ts'
import type { Kernel } from './kernel.ts'
import { type Attempt, checked, syscall, systemError } from './syscall.ts'

/** Larger than any file of /proc or of a cgroup that we read. */
const LIMIT_BYTES = 4 << 20

/** The text of a file, or null when it does not exist. @throws SystemError */
export function readTextIfExists(kernel: Kernel, path: string): string | null {
  const bytes = kernel.readFile(AT_FDCWD, path, 0, LIMIT_BYTES)
  if (typeof bytes !== 'number') return kernel.decodeText(bytes)
  // ESRCH: a process that ended between the open and the read of its file below /proc.
  if (bytes === -ERRNO.ENOENT || bytes === -ERRNO.ENOTDIR || bytes === -ERRNO.ESRCH) return null
  throw systemError(bytes, 'openat', { action: 'read', object: path })
}

/** The text of a file. @throws SystemError */
export function readText(kernel: Kernel, path: string): string {
  const bytes = kernel.readFile(AT_FDCWD, path, 0, LIMIT_BYTES)
  if (typeof bytes === 'number') throw systemError(bytes, 'openat', { action: 'read', object: path })
  return kernel.decodeText(bytes)
}

/** Writes an existing file, such as one of /proc or of a cgroup, with one write(2). @throws SystemError */
export function writeText(kernel: Kernel, path: string, text: string, attempt?: Attempt): void {
  const result = kernel.writeFile(AT_FDCWD, path, 0, text)
  if (result < 0)
    throw systemError(
      result,
      'write',
      attempt ?? { action: `write ${JSON.stringify(text)} to`, object: path },
    )
}

/** Puts a file in place whole or not at all: a new file beside it, then rename. @throws SystemError */
export function replaceFile(kernel: Kernel, path: string, text: string): void {
  const attempt = { action: 'write', object: path }
  const temporary = `${path}.new`
  const written = kernel.writeFile(AT_FDCWD, temporary, O_CREAT | O_TRUNC, text)
  if (written < 0) {
    syscall(kernel, 'unlinkat', AT_FDCWD, temporary, 0)
    throw systemError(written, 'write', attempt)
  }
  checked(syscall(kernel, 'renameat2', AT_FDCWD, temporary, AT_FDCWD, path, 0), 'renameat2', attempt)
}

/** mkdir(2). @returns whether it was made; false when something is there already. @throws SystemError */
export function makeDirectory(kernel: Kernel, path: string, mode: number): boolean {
  const result = syscall(kernel, 'mkdirat', AT_FDCWD, path, mode)
  if (result === -ERRNO.EEXIST) return false
  checked(result, 'mkdirat', { action: 'make directory', object: path })
  return true
}

/** Makes a directory and those above it. @returns the directories made, outermost first. @throws SystemError */
export function makeDirectories(kernel: Kernel, path: string, mode: number): readonly string[] {
  const result = syscall(kernel, 'mkdirat', AT_FDCWD, path, mode)
  if (result === 0) return [path]
  if (result === -ERRNO.EEXIST) return []
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (result !== -ERRNO.ENOENT || parent === '')
    throw systemError(result, 'mkdirat', { action: 'make directory', object: path })
  const made = makeDirectories(kernel, parent, mode)
  return makeDirectory(kernel, path, mode) ? [...made, path] : made
}

/** rmdir(2). @returns 0, or the negated errno; 0 too when it was not there. */
export function removeDirectory(kernel: Kernel, path: string): number {
  const result = syscall(kernel, 'unlinkat', AT_FDCWD, path, AT_REMOVEDIR)
  return result === -ERRNO.ENOENT ? 0 : result
}

/** unlink(2). @returns 0, or the negated errno; 0 too when it was not there. */
export function removeFile(kernel: Kernel, path: string): number {
  const result = syscall(kernel, 'unlinkat', AT_FDCWD, path, 0)
  return result === -ERRNO.ENOENT ? 0 : result
}

export interface DirectoryEntry {
  readonly name: string
  readonly isDirectory: boolean
}

const DT_DIR = 4

/** The entries of a directory without `.` and `..`, or null when it does not exist. @throws SystemError */
export function readDirectory(kernel: Kernel, path: string): readonly DirectoryEntry[] | null {
  const opened = syscall(kernel, 'openat', AT_FDCWD, path, O_DIRECTORY[kernel.arch] | 0x80000, 0)
  if (opened === -ERRNO.ENOENT) return null
  const fd = checked(opened, 'openat', { action: 'open directory', object: path })
  const entries: DirectoryEntry[] = []
  const buffer = new Uint8Array(4096)
  const view = new DataView(buffer.buffer)
  try {
    for (;;) {
      const length = syscall(kernel, 'getdents64', fd, buffer, buffer.length)
      // Somebody else removed it while it was open.
      if (length === -ERRNO.ENOENT) return null
      checked(length, 'getdents64', { action: 'list', object: path })
      if (length === 0) return entries
      for (let at = 0; at < length; at += view.getUint16(at + 16, true)) {
        const name = kernel.decodeText(buffer.subarray(at + 19, buffer.indexOf(0, at + 19)))
        if (name !== '.' && name !== '..') entries.push({ name, isDirectory: buffer[at + 18] === DT_DIR })
      }
    }
  } finally {
    closeFd(kernel, fd)
  }
}

/** Opens a directory for use as a base (O_PATH is not enough for some calls, so this is a real open). */
export function openDirectory(kernel: Kernel, path: string): number {
  return openFd(kernel, path, O_DIRECTORY[kernel.arch], { action: 'open directory', object: path })
}
