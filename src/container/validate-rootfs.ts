// Owns the check of the root filesystem against the host: a directory, and no link in its path (a link could be
// turned between the check and the mount).

import { ERRNO, errnoName } from '../abi/errno.ts'
import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH, RESOLVE_NO_SYMLINKS } from '../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../abi/structs.ts'
import type { ValidConfig } from '../config/container-config.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { syscall, systemError } from '../system/syscall.ts'

const REASONS: Readonly<Record<number, string>> = {
  [ERRNO.ENOENT]: 'it does not exist',
  [ERRNO.ENOTDIR]: 'it is not a directory',
  [ERRNO.ELOOP]: 'a part of the path is a symbolic link',
}

/** What ran out here, and says nothing of the configuration. */
const OURS: ReadonlySet<number> = new Set([ERRNO.EMFILE, ERRNO.ENFILE, ERRNO.ENOMEM])

/** @throws ConfigInvalid; SystemError when nothing could be looked at */
export function validateRootfs(kernel: Kernel, { rootfs }: ValidConfig): void {
  const how = openHow(O_PATH | O_CLOEXEC | O_DIRECTORY[kernel.arch], 0, RESOLVE_NO_SYMLINKS)
  const fd = syscall(kernel, 'openat2', AT_FDCWD, rootfs, how, OPEN_HOW_SIZE)
  closeFd(kernel, fd)
  if (fd >= 0) return
  const attempt = { action: 'use the root filesystem', object: rootfs, field: 'rootfs' }
  if (OURS.has(-fd)) throw systemError(fd, 'openat2', attempt)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    ...attempt,
    reason: REASONS[-fd] ?? errnoName(fd),
    errno: errnoName(fd),
  })
}
