// Owns statx(2): what a path or a descriptor is.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_STATX_DONT_SYNC,
  AT_SYMLINK_NOFOLLOW,
  STATX_BASIC_STATS,
} from '../abi/flags.ts'
import {
  STATX_DEV_MAJOR,
  STATX_DEV_MINOR,
  STATX_GID,
  STATX_INO,
  STATX_MODE,
  STATX_RDEV_MAJOR,
  STATX_RDEV_MINOR,
  STATX_SIZE,
  STATX_UID,
} from '../abi/structs.ts'
import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

/** What tells one file from another, in words of 4 bytes. */
const IDENTITY = [STATX_INO, STATX_INO + 4, STATX_DEV_MAJOR, STATX_DEV_MINOR] as const

export interface FileStatus {
  /** Type and permission bits. */
  readonly mode: number
  /** Device and inode as one text: equal for the same file, else not. */
  readonly identity: string
  readonly uid: number
  readonly gid: number
  /** The number of the device that it is; 0 and 0 when it is none. */
  readonly major: number
  readonly minor: number
}

/** What a path is, links followed unless told otherwise; the negated errno when it can't be told. */
export function statPath(
  kernel: Kernel,
  path: string,
  follow: 'follow' | 'nofollow' = 'follow',
): FileStatus | number {
  return stat(kernel, AT_FDCWD, path, follow === 'follow' ? 0 : AT_SYMLINK_NOFOLLOW)
}

/** What an entry of a directory is, itself where it is a link. */
export function statEntry(kernel: Kernel, directory: number, name: string): FileStatus | number {
  return stat(kernel, directory, name, AT_SYMLINK_NOFOLLOW)
}

/** What a descriptor is. */
export function statFd(kernel: Kernel, fd: number): FileStatus | number {
  return stat(kernel, fd, '', AT_EMPTY_PATH)
}

/** Device and inode of what a descriptor is, as one text; null when it can't be told. Its file system is not asked. */
export function identityOf(kernel: Kernel, fd: number): string | null {
  const view = statx(kernel, fd, '', AT_EMPTY_PATH | AT_STATX_DONT_SYNC)
  return typeof view === 'number' ? null : describeIdentity(view)
}

/** Whether an open descriptor is what a path is, itself where that is a link. */
export function isAtPath(kernel: Kernel, fd: number, path: string): boolean {
  const held = statx(kernel, fd, '', AT_EMPTY_PATH)
  const there = statx(kernel, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW)
  if (typeof held === 'number' || typeof there === 'number') return false
  for (const at of IDENTITY) if (held.getUint32(at, true) !== there.getUint32(at, true)) return false
  return true
}

/** Type and permission bits of what a path leads to, or the negated errno. */
export function readMode(kernel: Kernel, path: string): number {
  const view = statx(kernel, AT_FDCWD, path, 0)
  return typeof view === 'number' ? view : view.getUint16(STATX_MODE, true)
}

function stat(kernel: Kernel, directory: number, path: string, flags: number): FileStatus | number {
  const view = statx(kernel, directory, path, flags)
  if (typeof view === 'number') return view
  return {
    mode: view.getUint16(STATX_MODE, true),
    identity: describeIdentity(view),
    uid: view.getUint32(STATX_UID, true),
    gid: view.getUint32(STATX_GID, true),
    major: view.getUint32(STATX_RDEV_MAJOR, true),
    minor: view.getUint32(STATX_RDEV_MINOR, true),
  }
}

function describeIdentity(view: DataView): string {
  const device = `${view.getUint32(STATX_DEV_MAJOR, true)}:${view.getUint32(STATX_DEV_MINOR, true)}`
  return `${device}:${view.getBigUint64(STATX_INO, true)}`
}

function statx(kernel: Kernel, directory: number, path: string, flags: number): DataView | number {
  const bytes = new Uint8Array(STATX_SIZE)
  const result = syscall(kernel, 'statx', directory, path, flags, STATX_BASIC_STATS, bytes)
  return result < 0 ? result : new DataView(bytes.buffer)
}
