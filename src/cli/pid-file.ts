// Owns the file in which a caller finds the pid of a process. It is there whole or not at all.

import { checked, closeFd, type Kernel, syscall } from '../core.ts'
import { absolutePath } from './absolute-path.ts'

export const PID_FILE_OPTION = {
  value: 'FILE',
  help: "write the process's pid on the host there",
} as const

const AT_FDCWD = -100
/** O_WRONLY | O_CREAT | O_EXCL | O_SYNC | O_CLOEXEC (fcntl.h; the same on all our architectures). */
const CREATE = 0o1 | 0o100 | 0o200 | 0o4010000 | 0o2000000
const MODE = 0o666

export interface PidFile {
  /** @throws LibcontainerError SystemError */
  write(pid: number): void
}

/** To be asked for before the working directory changes. @param path undefined: nothing is written */
export function pidFileAt(kernel: Kernel, path: string | undefined): PidFile {
  if (path === undefined || path === '') return { write: () => undefined }
  const target = absolutePath(kernel, path)
  return { write: (pid) => writePid(kernel, target, pid) }
}

function writePid(kernel: Kernel, path: string, pid: number): void {
  const attempt = { action: 'write the pid file', object: path }
  const slash = path.lastIndexOf('/') + 1
  const temporary = `${path.slice(0, slash)}.${path.slice(slash)}`
  // One that was killed here may have left its own.
  syscall(kernel, 'unlinkat', AT_FDCWD, temporary, 0)
  const fd = checked(syscall(kernel, 'openat', AT_FDCWD, temporary, CREATE, MODE), 'openat', attempt)
  try {
    const text = kernel.encodeText(String(pid))
    checked(syscall(kernel, 'write', fd, text, text.length), 'write', attempt)
    checked(syscall(kernel, 'renameat2', AT_FDCWD, temporary, AT_FDCWD, path, 0), 'renameat2', attempt)
  } catch (error) {
    syscall(kernel, 'unlinkat', AT_FDCWD, temporary, 0)
    throw error
  } finally {
    closeFd(kernel, fd)
  }
}
