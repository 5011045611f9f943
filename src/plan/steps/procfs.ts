// Owns opening what init needs of its own process in procfs: the host's, before any mount of the image is made, checked
// by its type, and without crossing a mount in it (CVE-2019-16884, CVE-2025-52881).

import { ERRNO } from '../../abi/errno.ts'
import {
  AT_FDCWD,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  PROC_SUPER_MAGIC,
  RESOLVE_BENEATH,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_XDEV,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow, STATFS_SIZE } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { Scratch, Slot, Struct } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

/** Words for a step that opens something there. */
export const PROC_HINTS = { EXDEV: 'what is mounted on /proc is not procfs, or something is mounted in it' }

/** Refuses, with ELOOP, a place that turned out to lie in a procfs: a link of the image led there. */
export function planRefuseProcfs(p: Planner, fd: Slot): void {
  const statfs: Scratch = { scratch: STATFS_SIZE }
  p.call('fstatfs', [fd, statfs])
  p.call('expect', [statfs, 8, 0xffffffff, PROC_SUPER_MAGIC, ERRNO.EXDEV], { errno: 'EXDEV', skip: 1 })
  // It is one: what can't be fails.
  p.call('expect', [statfs, 8, 0, 1, ERRNO.ELOOP])
}

/** Opens a path below /proc/self. */
export function planOpenProcSelf(p: Planner, arch: Arch, path: string, flags: number): Slot {
  const statfs: Scratch = { scratch: STATFS_SIZE }
  const resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS
  const how: Struct = { bytes: openHow(flags, 0, resolve) }
  const proc = p.open('openat', [AT_FDCWD, '/proc', O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0])
  p.call('fstatfs', [proc, statfs])
  p.call('expect', [statfs, 8, 0xffffffff, PROC_SUPER_MAGIC, ERRNO.EXDEV])
  const fd = p.open('openat2', [proc, `self/${path}`, how, OPEN_HOW_SIZE])
  p.close(proc)
  return fd
}
