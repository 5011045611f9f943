// Owns the container's root: taking the tree, attaching it, and making it the root of the process.

import {
  AT_FDCWD,
  AT_RECURSIVE,
  MNT_DETACH,
  MOUNT_ATTR_RDONLY,
  MOVE_MOUNT_F_EMPTY_PATH,
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  O_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { Slot } from '../../protocol/op.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'
import { planAttach, planFilesystem } from './attach.ts'
import { planAttributes, planMountPaths, planPropagation, planRootPropagation } from './mount-changes.ts'
import { type Root, rootAt } from './target.ts'

/** Cuts the new mount namespace off from the host's: nothing that is mounted here may show there. */
export function planIsolation(p: Planner): void {
  p.step({
    name: 'cut mount propagation',
    object: '/',
    reason: 'mounts of the container must not reach the host',
  })
  planRootPropagation(p, 'rslave')
}

/**
 * Takes the root filesystem as a tree of its own and lays it over the old root, where no name leads to it but ours; or
 * in its own place, where programs of the configuration's look for it.
 */
export function planRoot(
  p: Planner,
  config: ValidConfig,
  { arch, hasMountSetattr = true }: HostFacts,
  sent: Slot | null,
  isShown: boolean,
): Root {
  const paths = hasMountSetattr ? null : planMountPaths(p, arch)
  p.step({
    name: 'attach the root',
    object: config.rootfs,
    reason: 'pivot_root needs a mount',
    field: 'rootfs',
  })
  const fd =
    sent ?? p.open('open_tree', [AT_FDCWD, config.rootfs, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE])
  p.call('move_mount', [fd, '', AT_FDCWD, isShown ? config.rootfs : '/', MOVE_MOUNT_F_EMPTY_PATH])
  // A shared or slave root of the host must not get what we mount below it; and pivot_root refuses shared mounts.
  // What hooks of the host mount below the root shall come in.
  planPropagation(p, paths, fd, isShown || staysSlave(config) ? 'rslave' : 'rprivate')
  return rootAt(fd, arch, paths)
}

/** A private mount cannot become the slave of one: what shall hear of the host's mounts is never cut off. */
export function staysSlave({ rootfsPropagation }: Pick<ValidConfig, 'rootfsPropagation'>): boolean {
  return rootfsPropagation === 'slave' || rootfsPropagation === 'rslave'
}

/** Nothing comes in any more. */
export function planCloseRoot(p: Planner, root: Root): void {
  p.step({ name: 'cut mount propagation', reason: 'hooks of the host were the last to mount below the root' })
  planPropagation(p, root.paths, root.fd, 'rprivate')
}

export function planReadonlyRoot(p: Planner, config: ValidConfig, root: Root): void {
  if (!config.readonlyRootfs) return
  p.step({
    name: 'make the root read-only',
    reason: 'mounts below keep their own attributes',
    field: 'readonlyRootfs',
  })
  planAttributes(p, root.paths, root.fd, { set: MOUNT_ATTR_RDONLY, clear: 0 })
}

/** Makes the tree the root, and lets the old root go with everything that is mounted there, in so many layers. */
export function planEnterRoot(
  p: Planner,
  config: ValidConfig,
  { arch, kernelViews = [] }: HostFacts,
  root: Root,
  layers: number,
): void {
  if (config.noPivotRoot) {
    if (kernelViews.length > 0) planHideKernelViews(p, kernelViews)
    planChroot(p, root.fd, 'noPivotRoot')
    return
  }
  p.step({
    name: 'enter the root',
    object: config.rootfs,
    reason: 'pivot_root leaves no way back to the host',
  })
  const old = p.open('openat', [AT_FDCWD, '/', O_PATH | O_CLOEXEC | O_DIRECTORY[arch] | O_RDONLY, 0])
  p.call('fchdir', [root.fd])
  p.call('pivot_root', ['.', '.'])
  p.call('fchdir', [old])
  p.close(old)
  for (let layer = 0; layer < layers; layer++) p.call('umount2', ['.', MNT_DETACH])
  p.call('chdir', ['/'])
  if (config.rootfsPropagation !== undefined) {
    p.step({ name: 'set propagation', object: '/', reason: 'asked for', field: 'rootfsPropagation' })
    planRootPropagation(p, config.rootfsPropagation)
  }
}

/**
 * The kernel lets a user namespace mount a proc or sysfs of its own as long as one that nothing covers is mounted
 * anywhere, seen or not: behind a chroot, the host's would be that, and undo the masks of the container's.
 */
function planHideKernelViews(p: Planner, kernelViews: readonly string[]): void {
  p.step({
    name: 'hide proc and sysfs of the host',
    reason: 'chroot leaves them mounted',
    field: 'noPivotRoot',
  })
  for (const path of kernelViews) {
    p.otherwise(null, 'umount2', [path, MNT_DETACH], () => {
      // In a user namespace they are locked, and can only be covered.
      const cover = planFilesystem(p, 'tmpfs', 'tmpfs', 'size=4k,mode=0', 0)
      planAttach(p, cover, p.open('openat', [AT_FDCWD, path, O_PATH | O_CLOEXEC, 0]))
      p.close(cover)
    })
  }
}

/** chroot, for a root in a ramfs, or where there is no mount namespace of the container's own. */
export function planChroot(p: Planner, fd: Slot, field: string): void {
  p.step({ name: 'enter the root', reason: 'by chroot: there is no root mount to switch', field })
  p.call('fchdir', [fd])
  p.call('chroot', ['.'])
  p.call('chdir', ['/'])
}
