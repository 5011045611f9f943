// Owns the parts that every mount is made of: attribute bits, a new file system, and attaching by descriptor.

import {
  FSCONFIG_CMD_CREATE,
  FSCONFIG_SET_FLAG,
  FSCONFIG_SET_STRING,
  FSMOUNT_CLOEXEC,
  FSOPEN_CLOEXEC,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MOVE_MOUNT_F_EMPTY_PATH,
  MOVE_MOUNT_T_EMPTY_PATH,
} from '../../abi/flags.ts'
import type { MountAttribute } from '../../config/mount.ts'
import { splitOptions } from '../../labels/mount-options.ts'
import type { Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

const ATTRIBUTES: Readonly<Record<string, number>> = {
  ro: MOUNT_ATTR_RDONLY,
  nosuid: MOUNT_ATTR_NOSUID,
  nodev: MOUNT_ATTR_NODEV,
  noexec: MOUNT_ATTR_NOEXEC,
  nosymfollow: MOUNT_ATTR_NOSYMFOLLOW,
  nodiratime: MOUNT_ATTR_NODIRATIME,
}
const OPPOSITES: Readonly<Record<string, string>> = {
  rw: 'ro',
  suid: 'nosuid',
  dev: 'nodev',
  exec: 'noexec',
  symfollow: 'nosymfollow',
  diratime: 'nodiratime',
}
const ATIMES: Readonly<Record<string, number>> = {
  relatime: 0,
  noatime: MOUNT_ATTR_NOATIME,
  strictatime: MOUNT_ATTR_STRICTATIME,
}

/** MOUNT_ATTR_* */
export interface AttributeBits {
  readonly set: number
  readonly clear: number
}

/** What to set and to clear for a list of attributes; the later of two opposites wins. */
export function attributeBits(attributes: readonly MountAttribute[]): AttributeBits {
  let set = 0
  let clear = 0
  for (const name of attributes) {
    const atime = ATIMES[name]
    const bit = ATTRIBUTES[name] ?? 0
    const opposite = ATTRIBUTES[OPPOSITES[name] ?? ''] ?? 0
    if (atime !== undefined) {
      set = (set & ~MOUNT_ATTR__ATIME) | atime
      clear |= MOUNT_ATTR__ATIME
    }
    set = (set | bit) & ~opposite
    clear = (clear | opposite) & ~bit
  }
  return { set, clear }
}

/** Sets options of a file system that is being made or changed. */
export function planOptions(p: Planner, fs: Slot, data: string): void {
  for (const [key, value] of splitOptions(data)) {
    p.call(
      'fsconfig',
      value === null ? [fs, FSCONFIG_SET_FLAG, key, 0, 0] : [fs, FSCONFIG_SET_STRING, key, value, 0],
    )
  }
}

/** A new instance of a file system, not attached yet: its mount descriptor. */
export function planFilesystem(
  p: Planner,
  type: string,
  source: string,
  data: string,
  attributes: number,
): Slot {
  const fs = p.open('fsopen', [type, FSOPEN_CLOEXEC])
  p.call('fsconfig', [fs, FSCONFIG_SET_STRING, 'source', source, 0])
  planOptions(p, fs, data)
  p.call('fsconfig', [fs, FSCONFIG_CMD_CREATE, 0, 0, 0])
  const mount = p.open('fsmount', [fs, FSMOUNT_CLOEXEC, attributes])
  p.close(fs)
  return mount
}

/** Attaches a mount to a target, both known by descriptor, and closes the target. */
export function planAttach(p: Planner, mount: Slot, target: Slot): void {
  p.call('move_mount', [mount, '', target, '', MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH])
  p.close(target)
}
