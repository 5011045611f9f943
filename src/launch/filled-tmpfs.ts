// Owns making a tmpfs that begins with a copy of a directory of the container's image. The parent does it, because it
// alone can read names and make files of every owner, whatever user namespace the container is in.

import { ERRNO } from '../abi/errno.ts'
import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
} from '../abi/flags.ts'
import { splitOptions } from '../labels/mount-options.ts'
import type { PlannedDescriptor } from '../plan/launch-plan.ts'
import { copyTree } from '../system/copy-tree.ts'
import { closeFd, openFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { openDirectoryInRoot } from '../system/paths.ts'
import { type Attempt, checked, syscall } from '../system/syscall.ts'

type FilledTmpfs = PlannedDescriptor['source'] & { readonly kind: 'filled-tmpfs' }

/** @returns the mount, attached nowhere, owned by the caller. @throws SystemError */
export function openFilledTmpfs(kernel: Kernel, tmpfs: FilledTmpfs, field: string): number {
  const attempt = { action: 'fill the tmpfs for', object: tmpfs.from?.path ?? tmpfs.name, field }
  const mount = makeTmpfs(kernel, tmpfs, attempt)
  try {
    const to = openFd(kernel, '.', O_DIRECTORY[kernel.arch], attempt, mount)
    try {
      fill(kernel, tmpfs, to, attempt)
    } finally {
      closeFd(kernel, to)
    }
    return mount
  } catch (error) {
    closeFd(kernel, mount)
    throw error
  }
}

function makeTmpfs(kernel: Kernel, { name, data }: FilledTmpfs, attempt: Attempt): number {
  const fs = checked(syscall(kernel, 'fsopen', 'tmpfs', FSOPEN_CLOEXEC), 'fsopen', attempt)
  const set = (command: number, key: string | null, value: string | null): void =>
    void checked(syscall(kernel, 'fsconfig', fs, command, key, value, 0), 'fsconfig', attempt)
  try {
    set(FSCONFIG_SET_STRING, 'source', name)
    for (const [key, value] of splitOptions(data))
      set(value === null ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key, value)
    set(FSCONFIG_CMD_CREATE, null, null)
    return checked(syscall(kernel, 'fsmount', fs, FSMOUNT_CLOEXEC, 0), 'fsmount', attempt)
  } finally {
    closeFd(kernel, fs)
  }
}

function fill(kernel: Kernel, { from, owner, data }: FilledTmpfs, to: number, attempt: Attempt): void {
  const covered = from === null ? -ERRNO.ENOENT : openCovered(kernel, from, attempt)
  if (covered < 0) {
    checked(syscall(kernel, 'fchown', to, owner.uid, owner.gid), 'fchown', attempt)
    return
  }
  try {
    copyTree(kernel, covered, to, { keepMode: /(?:^|,)mode=/.test(data) }, attempt)
  } finally {
    closeFd(kernel, covered)
  }
}

/** @returns the directory, or -ENOENT where there is none */
function openCovered(kernel: Kernel, from: { root: string; path: string }, attempt: Attempt): number {
  const root = openFd(kernel, from.root, O_PATH, attempt)
  const fd = openDirectoryInRoot(kernel, root, from.path)
  closeFd(kernel, root)
  if (fd === -ERRNO.ENOENT || fd === -ERRNO.ENOTDIR) return -ERRNO.ENOENT
  return checked(fd, 'openat2', attempt)
}
