// Owns getting a pidfd of a container's first process, made certain by its start time.

import { ERRNO } from '../abi/errno.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd } from '../system/fd.ts'
import { isProcessAlive } from '../system/procfs.ts'
import { checked, syscall } from '../system/syscall.ts'
import type { Instance } from './instance.ts'

/** A pidfd of the first process, owned by the caller. @throws ContainerNotRunning, SystemError */
export function openContainerProcess({ host, id, state }: Instance, action: string): number {
  const { kernel } = host
  const pid = state.init_process_pid
  const pidfd = pid > 0 ? syscall(kernel, 'pidfd_open', pid, 0) : -ERRNO.ESRCH
  if (pidfd !== -ERRNO.ESRCH) checked(pidfd, 'pidfd_open', { action, object: id })
  try {
    // Opened first and compared then: from here on the number can't come to mean another process.
    if (pidfd >= 0 && isProcessAlive(kernel, { pid, startTime: state.init_process_start })) return pidfd
  } catch (error) {
    closeFd(kernel, pidfd)
    throw error
  }
  closeFd(kernel, pidfd)
  throw new LibcontainerError({
    code: 'ContainerNotRunning',
    action,
    object: id,
    reason: 'container not running',
  })
}
