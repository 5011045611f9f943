// Owns telling whether the kernel has mount_setattr(2), which came with Linux 5.12.

import { ERRNO } from '../abi/errno.ts'
import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

/** Asks with a structure of no size, which a kernel that has the call refuses before it looks at anything else. */
export function hasMountSetattr(kernel: Kernel): boolean {
  return syscall(kernel, 'mount_setattr', -1, '', 0, null, 0) !== -ERRNO.ENOSYS
}
