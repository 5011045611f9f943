// Owns telling which of the security modules that give labels is there (AppArmor, SELinux), and why not. It looks; it
// labels nothing.

import { AT_FDCWD, SELINUX_MAGIC } from '../abi/flags.ts'
import { STATFS_SIZE } from '../abi/structs.ts'
import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

const SELINUX_FILES = '/sys/fs/selinux'
/** Where f_flags is in struct statfs of 64-bit architectures, and ST_RDONLY (statfs(2)). */
const STATFS_FLAGS = 80
const ST_RDONLY = 1
const LIMIT_BYTES = 4096

/** Why AppArmor profiles cannot be given, or null when they can. */
export function missingApparmor(kernel: Kernel): string | null {
  const enabled = readIfPossible(kernel, '/sys/module/apparmor/parameters/enabled')
  return enabled?.startsWith('Y') ? null : 'this kernel runs without AppArmor'
}

/** Why SELinux contexts cannot be given, or null when they can. */
export function missingSelinux(kernel: Kernel): string | null {
  const bytes = new Uint8Array(STATFS_SIZE)
  const found = syscall(kernel, 'statfs', SELINUX_FILES, bytes)
  const view = new DataView(bytes.buffer)
  if (found < 0 || view.getUint32(0, true) !== SELINUX_MAGIC) return 'this kernel runs without SELinux'
  // How a container is told that labels are not for it.
  if ((view.getUint32(STATFS_FLAGS, true) & ST_RDONLY) !== 0) return 'selinuxfs is read-only here'
  return readSelinuxLabel(kernel) === 'kernel' ? 'SELinux has no policy loaded' : null
}

/** The SELinux context of the calling thread; null where it cannot be told. */
function readSelinuxLabel(kernel: Kernel): string | null {
  // The kernel ends it with a NUL, and some versions with a newline.
  return readIfPossible(kernel, '/proc/thread-self/attr/current')?.replace(/[\0\n]+$/, '') ?? null
}

function readIfPossible(kernel: Kernel, path: string): string | null {
  const bytes = kernel.readFile(AT_FDCWD, path, 0, LIMIT_BYTES)
  return typeof bytes === 'number' ? null : kernel.decodeText(bytes)
}
