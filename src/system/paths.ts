// Owns path resolution inside a root that may be hostile: descriptors and openat2 only, never a joined string
// (CVE-2021-30465, CVE-2024-45310, CVE-2025-52565).

import { ERRNO } from '../abi/errno.ts'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
  S_IFMT,
  S_IFREG,
} from '../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../abi/structs.ts'
import { closeFd } from './fd.ts'
import type { Kernel } from './kernel.ts'
import { statFd } from './stat.ts'
import { syscall } from './syscall.ts'

/** Opens a path as if `root` were the root directory. @returns the descriptor, owned, or the negated errno */
function openInRoot(kernel: Kernel, root: number, path: string, flags: number, resolve = 0): number {
  const how = openHow(flags | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve)
  return syscall(kernel, 'openat2', root, path.replace(/^\/+/, '') || '.', how, OPEN_HOW_SIZE)
}

/** Opens a directory to be read. @returns the descriptor, owned, or the negated errno */
export function openDirectoryInRoot(kernel: Kernel, root: number, path: string): number {
  return openInRoot(kernel, root, path, O_RDONLY | O_DIRECTORY[kernel.arch])
}

/** Type and permission bits of what is there, or the negated errno. */
export function statInRoot(kernel: Kernel, root: number, path: string): number {
  const fd = openInRoot(kernel, root, path, O_PATH)
  if (fd < 0) return fd
  const status = statFd(kernel, fd)
  closeFd(kernel, fd)
  return typeof status === 'number' ? status : status.mode
}

/**
 * The text of a regular file, or the negated errno; `-EINVAL` for anything else, `-EFBIG` above the limit.
 * @param within `mount`: `-EXDEV` for what another mount covers
 */
export function readFileInRoot(
  kernel: Kernel,
  root: number,
  path: string,
  limitBytes: number,
  within: 'root' | 'mount' = 'root',
): string | number {
  const found = openInRoot(kernel, root, path, O_PATH, within === 'mount' ? RESOLVE_NO_XDEV : 0)
  if (found < 0) return found
  try {
    const status = statFd(kernel, found)
    if (typeof status === 'number') return status
    // Only now it is opened: a FIFO would hold us up, and to open a device can be a deed.
    if ((status.mode & S_IFMT) !== S_IFREG) return -ERRNO.EINVAL
    const fd = syscall(kernel, 'openat', AT_FDCWD, `/proc/self/fd/${found}`, O_RDONLY | O_CLOEXEC, 0)
    if (fd < 0) return fd
    try {
      return readText(kernel, fd, limitBytes)
    } finally {
      closeFd(kernel, fd)
    }
  } finally {
    closeFd(kernel, found)
  }
}

/** Most passwd files fit in what is asked for first. */
const FIRST_BYTES = 4 << 10

function readText(kernel: Kernel, fd: number, limitBytes: number): string | number {
  let bytes = new Uint8Array(Math.min(FIRST_BYTES, limitBytes))
  let length = 0
  for (;;) {
    const read = syscall(kernel, 'read', fd, bytes.subarray(length), bytes.length - length)
    if (read < 0) return read
    if (read === 0) return kernel.decodeText(bytes.subarray(0, length))
    length += read
    if (length < bytes.length) continue
    if (length >= limitBytes) return -ERRNO.EFBIG
    const larger = new Uint8Array(Math.min(4 * length, limitBytes))
    larger.set(bytes)
    bytes = larger
  }
}

/** As many links as the kernel follows (path_resolution(7)). */
const MAX_LINKS = 40

/**
 * Where a path leads whose end is missing, with the links of the image followed: a dangling link's target is what
 * has to be made. A mere proposal: whoever uses it looks it up again inside the root.
 * @returns null when the path exists, or when links lead nowhere
 */
export function resolveMissing(kernel: Kernel, root: number, path: string): string | null {
  const existing = openInRoot(kernel, root, path, O_PATH)
  closeFd(kernel, existing)
  if (existing !== -ERRNO.ENOENT) return null
  let rest = path.split('/').filter((part) => part !== '')
  let done: string[] = []
  for (let links = 0; rest.length > 0; ) {
    const [part = '', ...after] = rest
    rest = after
    if (part === '.') continue
    if (part === '..') {
      done = done.slice(0, -1)
      continue
    }
    const target = readLinkInRoot(kernel, root, [...done, part].join('/'))
    if (target === null) done = [...done, part]
    else if (++links > MAX_LINKS) return null
    else {
      rest = [...target.split('/').filter((name) => name !== ''), ...rest]
      if (target.startsWith('/')) done = []
    }
  }
  return `/${done.join('/')}`
}

function readLinkInRoot(kernel: Kernel, root: number, path: string): string | null {
  const fd = openInRoot(kernel, root, path, O_PATH | O_NOFOLLOW[kernel.arch])
  if (fd < 0) return null
  const target = new Uint8Array(4096)
  const length = syscall(kernel, 'readlinkat', fd, '', target, target.length)
  closeFd(kernel, fd)
  return length < 0 ? null : kernel.decodeText(target.subarray(0, length))
}
