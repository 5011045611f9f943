// Owns masked and read-only paths. What is laid over a file is a null device that was checked by its number, never
// the image's own /dev/null (CVE-2025-31133); over a directory, one shared empty read-only tmpfs.

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MOUNT_ATTR_NODEV,
  MOUNT_ATTR_NOEXEC,
  MOUNT_ATTR_NOSUID,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
  S_IFDIR,
  S_IFMT,
  STATX_BASIC_STATS,
} from '../../abi/flags.ts'
import { STATX_MODE, STATX_SIZE } from '../../abi/structs.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import { labelledOptions } from '../../labels/mount-options.ts'
import type { Scratch, Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'
import { planAttach, planFilesystem } from './attach.ts'
import { planExpectDevice } from './devices.ts'
import { planAttributes } from './mount-changes.ts'
import { belowRoot, inRoot, type Root } from './target.ts'

/** What masked paths are covered with. */
export interface Covers {
  readonly file: Slot
  readonly directory: Slot
}

const CLONE = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC

/** Prepares the covers before the root is attached: only a mount of this namespace can be cloned, so they lie on the old root. */
export function planCovers(p: Planner, config: ValidConfig): Covers | null {
  if (config.maskedPaths.length === 0) return null
  p.step({
    name: 'prepare covers',
    reason: 'masked paths need something empty to lie over them',
    field: 'maskedPaths',
  })
  const file = p.open('open_tree', [AT_FDCWD, '/dev/null', OPEN_TREE_CLOEXEC])
  planExpectDevice(p, [file, '', AT_EMPTY_PATH], { type: 'c', major: 1, minor: 3 }, 'ENXIO')
  const attributes = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC
  const options = labelledOptions('tmpfs', 'size=0,nr_inodes=1,mode=555', config.mountLabel)
  const directory = planFilesystem(p, 'tmpfs', 'tmpfs', options, attributes)
  p.call('move_mount', [directory, '', AT_FDCWD, '/', MOVE_MOUNT_F_EMPTY_PATH])
  return { file, directory }
}

export function planMaskedPaths(p: Planner, config: ValidConfig, root: Root, covers: Covers | null): void {
  if (covers === null) return
  const stat: Scratch = { scratch: STATX_SIZE }
  // Only the cover that is needed is cloned: to throw a clone away costs a grace period of RCU.
  const fitting = [{ at: stat, offset: STATX_MODE }, 2, S_IFMT, S_IFDIR, covers.directory, covers.file]
  const { maskedPaths } = config
  p.step({ name: 'mask', objects: maskedPaths, reason: 'asked for', field: 'maskedPaths' })
  planWhereThere(p, root, maskedPaths, (target) => {
    p.call('statx', [target, '', AT_EMPTY_PATH, STATX_BASIC_STATS, stat])
    const cover = p.open('pick', fitting)
    const tree = p.open('open_tree', [cover, '', CLONE | AT_EMPTY_PATH])
    p.slots.give(cover)
    planAttach(p, tree, target)
    p.close(tree)
  })
}

export function planReadonlyPaths(p: Planner, { readonlyPaths }: ValidConfig, root: Root): void {
  if (readonlyPaths.length === 0) return
  p.step({ name: 'make read-only', objects: readonlyPaths, reason: 'asked for', field: 'readonlyPaths' })
  planWhereThere(p, root, readonlyPaths, (target) => {
    // A mount of its own, so that neither the rest of that file system nor the host's view of it changes.
    const tree = p.open('open_tree', [target, '', CLONE | AT_EMPTY_PATH | AT_RECURSIVE])
    planAttach(p, tree, target)
    planAttributes(p, root.paths, tree, { set: MOUNT_ATTR_RDONLY, clear: 0 }, AT_RECURSIVE)
    p.close(tree)
  })
}

/** What `body` adds, which closes the target, is done to each of the paths that the image has. */
function planWhereThere(
  p: Planner,
  root: Root,
  paths: readonly string[],
  body: (target: Slot) => void,
): void {
  p.each(paths.map(belowRoot), (path) => {
    const target = p.slots.take()
    p.unless('ENOENT', 'openat2', inRoot(root, path), () => body(target), target)
  })
}
