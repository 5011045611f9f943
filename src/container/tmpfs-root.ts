// Owns putting a tmpfs on the factory's root directory, once.

import { readText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { parseMountinfo } from '../system/mountinfo.ts'
import { checked, syscall } from '../system/syscall.ts'

/** Mounts a tmpfs on a directory that is not a mount point yet. @throws SystemError */
export function mountTmpfsRoot(kernel: Kernel, root: string): void {
  const mounts = parseMountinfo(readText(kernel, '/proc/self/mountinfo'))
  if (mounts.some(({ mountPoint }) => mountPoint === root)) return
  checked(syscall(kernel, 'mount', 'tmpfs', root, 'tmpfs', 0, 'mode=700'), 'mount', {
    action: 'mount a tmpfs on',
    object: root,
  })
}
