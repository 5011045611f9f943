// Owns the mount of type cgroup: the container's own cgroup directories, bound. A bind costs nothing, where a new
// cgroup mount outside a cgroup namespace waits for an RCU grace period (speed.md 1.3).

import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  MOUNT_ATTR_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../abi/flags.ts'
import { MOUNT_ATTR_SIZE, mountAttr } from '../../abi/structs.ts'
import type { CgroupMount } from '../../config/mount.ts'
import type { CgroupView, HostFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'
import { attributeBits, planAttach, planFilesystem } from './attach.ts'
import { planTarget, type Root } from './target.ts'

export function planCgroupMount(
  p: Planner,
  mount: CgroupMount,
  destination: string,
  facts: HostFacts,
  root: Root,
): void {
  const attributes = mount.attributes ?? []
  const { set, clear } = attributeBits(attributes)
  const views = facts.cgroup?.views ?? []
  if (facts.cgroup?.version === 2) {
    for (const view of views) planView(p, root, view, destination, set, clear)
    return
  }
  // v1: one directory for each hierarchy, in a tmpfs that holds nothing else.
  const target = planTarget(p, root, destination, 'directory')
  const tmpfs = planFilesystem(p, 'tmpfs', 'tmpfs', 'mode=755', set & ~MOUNT_ATTR_RDONLY)
  planAttach(p, tmpfs, target)
  for (const view of views) {
    planView(p, root, view, `${destination}/${view.name}`, set, clear)
    for (const alias of view.aliases) p.call('symlinkat', [view.name, tmpfs, alias])
  }
  if (set & MOUNT_ATTR_RDONLY) {
    p.call('mount_setattr', [
      tmpfs,
      '',
      AT_EMPTY_PATH,
      { bytes: mountAttr(MOUNT_ATTR_RDONLY, 0, 0) },
      MOUNT_ATTR_SIZE,
    ])
  }
  p.close(tmpfs)
}

function planView(p: Planner, root: Root, view: CgroupView, at: string, set: number, clear: number): void {
  const tree = p.open('open_tree', [AT_FDCWD, view.source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC])
  if (set !== 0 || clear !== 0) {
    p.call('mount_setattr', [tree, '', AT_EMPTY_PATH, { bytes: mountAttr(set, clear, 0) }, MOUNT_ATTR_SIZE])
  }
  planAttach(p, tree, planTarget(p, root, at, 'directory'))
  p.close(tree)
}
