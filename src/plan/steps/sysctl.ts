// Owns kernel parameters. They are written through the host's procfs before any mount of the image is made, and the
// file system type is checked (CVE-2019-16884, CVE-2025-52881).

import {
  AT_FDCWD,
  O_CLOEXEC,
  O_WRONLY,
  PROC_SUPER_MAGIC,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow, STATFS_SIZE } from '../../abi/structs.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import { sysctlPath } from '../../config/sysctl-path.ts'
import type { Scratch, Struct } from '../../protocol/op.ts'
import { utf8Length } from '../../protocol/utf8.ts'
import type { Planner } from '../planner.ts'

export function planSysctls(p: Planner, config: ValidConfig): void {
  const how: Struct = { bytes: openHow(O_WRONLY | O_CLOEXEC, 0, RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS) }
  const statfs: Scratch = { scratch: STATFS_SIZE }
  for (const [key, value] of Object.entries(config.sysctl)) {
    const field = `sysctl[${JSON.stringify(key)}]`
    p.step({
      name: 'set kernel parameter',
      object: `${key}=${value}`,
      reason: 'asked for',
      field,
      hints: SYSCTL_HINTS,
    })
    const fd = p.open('openat2', [AT_FDCWD, `/proc/sys/${sysctlPath(key)}`, how, OPEN_HOW_SIZE])
    p.call('fstatfs', [fd, statfs])
    p.call('expect', [statfs, 8, 0xffffffff, PROC_SUPER_MAGIC, EXDEV])
    p.call('write', [fd, value, utf8Length(value)])
    p.close(fd)
  }
}

const EXDEV = 18
const SYSCTL_HINTS: Readonly<Record<string, string>> = {
  ENOENT: 'this kernel has no such parameter, or its namespace does not',
  EINVAL: 'the kernel does not take this value',
  EXDEV: 'what is mounted on /proc is not procfs',
}
