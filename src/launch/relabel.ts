// Owns giving a label of SELinux to a tree of the host. Everything by descriptor, links are labelled and never
// followed: what the tree's owner turns meanwhile leads nowhere else.

import { ERRNO } from '../abi/errno.ts'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_NOFOLLOW,
  O_PATH,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
  S_IFDIR,
  S_IFMT,
} from '../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../abi/structs.ts'
import { LibcontainerError } from '../errors.ts'
import { isProtectedPath } from '../labels/protected-paths.ts'
import { closeFd, openFd } from '../system/fd.ts'
import { readDirectory } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { statFd } from '../system/stat.ts'
import { type Attempt, checked, syscall, systemError } from '../system/syscall.ts'

export interface Relabel {
  /** Links in it are followed. */
  readonly path: string
  readonly label: string
  /** Whether what is mounted below is labelled too. */
  readonly acrossMounts: boolean
}

/** Labels a path, and all below it. @throws ConfigInvalid for a directory of the system; SystemError */
export function relabelTree(kernel: Kernel, { path, label, acrossMounts }: Relabel, field: string): void {
  const attempt = { action: 'relabel', object: path, field }
  const root = openFd(kernel, path, O_PATH, attempt)
  try {
    refuseProtected(kernel, root, path, field)
    const resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (acrossMounts ? 0 : RESOLVE_NO_XDEV)
    const how = openHow(O_PATH | O_CLOEXEC | O_NOFOLLOW[kernel.arch], 0, resolve)
    labelTree(kernel, root, { label: kernel.encodeText(label), how, attempt })
  } finally {
    closeFd(kernel, root)
  }
}

function refuseProtected(kernel: Kernel, fd: number, path: string, field: string): void {
  const target = readLink(kernel, `/proc/self/fd/${fd}`)
  if (!isProtectedPath(target)) return
  const reason = 'it belongs to the system, which would lose access to its own files'
  throw new LibcontainerError({ code: 'ConfigInvalid', action: 'relabel', object: path, field, reason })
}

interface Labelling {
  readonly label: Uint8Array
  /** struct open_how for an entry. */
  readonly how: Uint8Array
  readonly attempt: Attempt
}

function labelTree(kernel: Kernel, fd: number, labelling: Labelling): void {
  const { label, how, attempt } = labelling
  const place = `/proc/self/fd/${fd}`
  checked(syscall(kernel, 'setxattr', place, 'security.selinux', label, label.length, 0), 'setxattr', attempt)
  const status = statFd(kernel, fd)
  if (typeof status === 'number') throw systemError(status, 'statx', attempt)
  if ((status.mode & S_IFMT) !== S_IFDIR) return
  for (const { name } of readDirectory(kernel, place) ?? []) {
    const entry = syscall(kernel, 'openat2', fd, name, how, OPEN_HOW_SIZE)
    if (entry === -ERRNO.EXDEV || (entry === -ERRNO.ENOENT && !name.includes('\ufffd'))) continue
    checked(entry, 'openat2', { ...attempt, hint: `at ${JSON.stringify(name)} in it` })
    try {
      labelTree(kernel, entry, labelling)
    } finally {
      closeFd(kernel, entry)
    }
  }
}

const PATH_MAX = 4096

function readLink(kernel: Kernel, path: string): string {
  const buffer = new Uint8Array(PATH_MAX)
  const attempt = { action: 'read the link', object: path }
  const length = checked(
    syscall(kernel, 'readlinkat', AT_FDCWD, path, buffer, PATH_MAX),
    'readlinkat',
    attempt,
  )
  return kernel.decodeText(buffer.subarray(0, length))
}
