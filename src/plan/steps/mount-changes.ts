// Owns changing a mount that is attached: its attributes and its propagation. By descriptor, with mount_setattr(2); or,
// before Linux 5.12, with mount(2). That takes a path, and the only one that no image can bend is a descriptor's own.

import { ERRNO } from '../../abi/errno.ts'
import {
  AT_EMPTY_PATH,
  AT_RECURSIVE,
  MOUNT_ATTR__ATIME,
  MOUNT_ATTR_NOATIME,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NODIRATIME,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_NOSYMFOLLOW,
  MOUNT_ATTR_RDONLY,
  MOUNT_ATTR_STRICTATIME,
  MS_BIND,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_NOSYMFOLLOW,
  MS_PRIVATE,
  MS_RDONLY,
  MS_REC,
  MS_RELATIME,
  MS_REMOUNT,
  MS_SHARED,
  MS_SLAVE,
  MS_STRICTATIME,
  MS_UNBINDABLE,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  ST_NOSYMFOLLOW,
} from '../../abi/flags.ts'
import { MOUNT_ATTR_SIZE, mountAttr, STATFS_FLAGS, STATFS_SIZE } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { BindMount, Mount, Propagation } from '../../config/mount.ts'
import { LibcontainerError } from '../../errors.ts'
import type { At, OpArg, Scratch, Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'
import type { AttributeBits } from './attach.ts'
import { PROC_HINTS, planOpenProcSelf } from './procfs.ts'

/** How mounts are changed: null by descriptor; else through this directory, /proc/self/fd of the host. */
export type MountPaths = Slot | null

/** The one mount, or those below it as well: these mount(2) leaves as they are. */
type Reach = 0 | typeof AT_RECURSIVE

/** Nobody's until the standard streams are placed, and then replaced. */
const LENT_FD = 0

const PROPAGATION: Readonly<Record<string, number>> = {
  private: MS_PRIVATE,
  slave: MS_SLAVE,
  shared: MS_SHARED,
  unbindable: MS_UNBINDABLE,
}

/** Opened while the host's /proc is in sight. */
export function planMountPaths(p: Planner, arch: Arch): Slot {
  p.step({
    name: 'open /proc/self/fd',
    reason: 'this kernel lacks mount_setattr(2): mounts that are changed need a path',
    hints: PROC_HINTS,
  })
  return planOpenProcSelf(p, arch, 'fd', O_PATH | O_CLOEXEC | O_DIRECTORY[arch])
}

/** @throws ConfigInvalid for what only mount_setattr(2) can do */
export function validateWithoutSetattr(mounts: readonly Mount[]): void {
  mounts.forEach((mount, index) => {
    const { idMap, recursiveAttributes = [] } = mount as Partial<BindMount>
    if (idMap !== undefined) refuse(index, mount, 'idMap')
    if (recursiveAttributes.length > 0) refuse(index, mount, 'recursiveAttributes')
  })
}

function refuse(index: number, { destination }: Mount, name: keyof BindMount): never {
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'plan the mount on',
    object: destination,
    field: `mounts[${index}].${name}`,
    reason: `${name} needs mount_setattr(2), which this kernel does not have`,
    hint: 'Linux 5.12 is the first that has it',
  })
}

/** Changes the propagation of a mount. */
export function planPropagation(p: Planner, paths: MountPaths, mount: Slot, propagation: Propagation): void {
  const { type, isRecursive } = propagationBits(propagation)
  if (paths !== null) planMountByPath(p, paths, mount, type | (isRecursive ? MS_REC : 0))
  else {
    const attr = { bytes: mountAttr(0, 0, type) }
    const flags = AT_EMPTY_PATH | (isRecursive ? AT_RECURSIVE : 0)
    p.call('mount_setattr', [mount, '', flags, attr, MOUNT_ATTR_SIZE])
  }
}

/** Changes the propagation of the process's own root, which has a path that is safe. */
export function planRootPropagation(p: Planner, propagation: Propagation): void {
  const { type, isRecursive } = propagationBits(propagation)
  p.call('mount', [0, '/', 0, type | (isRecursive ? MS_REC : 0), 0])
}

function propagationBits(propagation: Propagation): { type: number; isRecursive: boolean } {
  const type = PROPAGATION[propagation.replace(/^r/, '')] as number
  return { type, isRecursive: propagation.startsWith('r') }
}

/** Changes attributes of a mount; those that are not named stay. */
export function planAttributes(
  p: Planner,
  paths: MountPaths,
  mount: Slot,
  bits: AttributeBits,
  reach: Reach = 0,
): void {
  const { set, clear } = bits
  if (set === 0 && clear === 0) return
  if (paths !== null) planRemountByPath(p, paths, mount, bits)
  else {
    const attr = { bytes: mountAttr(set, clear, 0) }
    p.call('mount_setattr', [mount, '', AT_EMPTY_PATH | reach, attr, MOUNT_ATTR_SIZE])
  }
}

/** `MS_*` and `ST_*` have these in common. */
const SHARED_BITS: readonly (readonly [attribute: number, flag: number])[] = [
  [MOUNT_ATTR_RDONLY, MS_RDONLY],
  [MOUNT_ATTR_NOSUID, MS_NOSUID],
  [MOUNT_ATTR_NODEV, MS_NODEV],
  [MOUNT_ATTR_NOEXEC, MS_NOEXEC],
]

/** A remount sets all attributes anew, so those of now are read first: what is locked must stay, and what is not, too. */
function planRemountByPath(p: Planner, paths: Slot, mount: Slot, bits: AttributeBits): void {
  const now: Scratch = { scratch: STATFS_SIZE }
  const at: At = { at: now, offset: STATFS_FLAGS }
  const { set, keep } = remountFlags(bits)
  p.call('fstatfs', [mount, now])
  const flags = p.open('load', [at, 8, keep, set])
  if (((bits.set | bits.clear) & MOUNT_ATTR_NOSYMFOLLOW) === 0) {
    const isKept: readonly OpArg[] = [at, 8, ST_NOSYMFOLLOW, ST_NOSYMFOLLOW, ERRNO.ENODATA]
    p.unless(
      'ENODATA',
      'expect',
      isKept,
      () => void p.open('load', [at, 8, keep, set | MS_NOSYMFOLLOW], flags),
    )
  }
  planMountByPath(p, paths, mount, flags)
  p.slots.give(flags)
}

/** For a remount: the flags that are set, and the mask of those that stay if they are set now. */
function remountFlags({ set, clear }: AttributeBits): { set: number; keep: number } {
  let flags = MS_REMOUNT | MS_BIND
  let keep = 0
  for (const [attribute, flag] of SHARED_BITS) {
    if ((set & attribute) !== 0) flags |= flag
    else if ((clear & attribute) === 0) keep |= flag
  }
  if ((set & MOUNT_ATTR_NOSYMFOLLOW) !== 0) flags |= MS_NOSYMFOLLOW
  // All that concerns access times stays by itself, as long as none of its flags is given (path_mount in fs/namespace.c).
  if (((set | clear) & (MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME)) === 0) return { set: flags, keep }
  if ((set & MOUNT_ATTR_NODIRATIME) !== 0) flags |= MS_NODIRATIME
  else if ((clear & MOUNT_ATTR_NODIRATIME) === 0) keep |= MS_NODIRATIME
  if ((set & MOUNT_ATTR_NOATIME) !== 0) flags |= MS_NOATIME
  else if ((set & MOUNT_ATTR_STRICTATIME) !== 0) flags |= MS_STRICTATIME
  else {
    flags |= MS_RELATIME
    if ((clear & MOUNT_ATTR__ATIME) === 0) keep |= MS_NOATIME
  }
  return { set: flags, keep }
}

/** For mount(2) of a new file system: MS_* of MOUNT_ATTR_*. */
export function newMountFlags(attributes: number): number {
  return remountFlags({ set: attributes, clear: 0 }).set & ~(MS_REMOUNT | MS_BIND)
}

/** mount(2) on the root of a mount that we hold. */
function planMountByPath(p: Planner, paths: Slot, mount: Slot, flags: number | Slot): void {
  planAtDescriptor(p, paths, mount, (path) => [0, path, 0, flags, 0])
}

/** mount(2) on a descriptor. A name in /proc/self/fd leads to it, whatever lies over it or moved. */
export function planAtDescriptor(
  p: Planner,
  paths: Slot,
  fd: Slot,
  args: (path: string) => readonly OpArg[],
): void {
  p.call('dup3', [fd, LENT_FD, O_CLOEXEC])
  p.call('fchdir', [paths])
  p.call('mount', args(String(LENT_FD)))
}
