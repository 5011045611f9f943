// Owns the mount of type cgroup: the container's own cgroup directories, or all of the host's, bound. A bind costs nothing, where a new
// cgroup mount outside a cgroup namespace waits for an RCU grace period (speed.md 1.3).

import {
  AT_FDCWD,
  AT_RECURSIVE,
  MOVE_MOUNT_F_EMPTY_PATH,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../abi/flags.ts'
import type { CgroupMount } from '../../config/mount.ts'
import { labelledOptions } from '../../labels/mount-options.ts'
import type { Slot } from '../../protocol/op.ts'
import type { HostFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'
import { attributeBits, planAttach, planFilesystem } from './attach.ts'
import { planAttributes } from './mount-changes.ts'
import { planTarget, type Root } from './target.ts'

export function planCgroupMount(
  p: Planner,
  mount: CgroupMount,
  destination: string,
  facts: HostFacts,
  root: Root,
  mountLabel: string | undefined,
): void {
  const attributes = attributeBits(mount.attributes ?? [])
  const views = facts.cgroup?.views ?? []
  const target = planTarget(p, root, destination, 'directory')
  if (facts.cgroup?.version === 2) {
    const tree = planView(p, (mount.wholeTree ? facts.cgroup.tree : views[0]?.source) ?? '')
    planAttach(p, tree, target)
    planAttributes(p, root.paths, tree, attributes)
    p.close(tree)
    return
  }
  // v1: one directory for each hierarchy, in a tmpfs that holds nothing else, so that its names are ours.
  const tmpfs = planFilesystem(p, 'tmpfs', 'tmpfs', labelledOptions('tmpfs', 'mode=755', mountLabel), 0)
  planAttach(p, tmpfs, target)
  for (const { source, name, aliases } of views) {
    const tree = planView(p, source)
    p.call('mkdirat', [tmpfs, name, 0o755])
    p.call('move_mount', [tree, '', tmpfs, name, MOVE_MOUNT_F_EMPTY_PATH])
    if (root.paths !== null) planAttributes(p, root.paths, tree, attributes)
    p.close(tree)
    for (const alias of aliases) p.call('symlinkat', [name, tmpfs, alias])
  }
  // Of what lies in it too, at once, where the kernel can.
  planAttributes(p, root.paths, tmpfs, attributes, AT_RECURSIVE)
  p.close(tmpfs)
}

function planView(p: Planner, source: string): Slot {
  return p.open('open_tree', [AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC])
}
