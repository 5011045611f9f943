// Owns the mounts of the configuration, in their order: new file systems, binds, and the container's own cgroups.
// Every mount is attached by descriptor to a place that was looked up inside the root.

import {
  AT_FDCWD,
  AT_RECURSIVE,
  FSCONFIG_CMD_RECONFIGURE,
  FSPICK_CLOEXEC,
  FSPICK_EMPTY_PATH,
  MOUNT_ATTR_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { BindMount, CgroupMount, FilesystemMount, Mount, Remount } from '../../config/mount.ts'
import { labelledOptions } from '../../labels/mount-options.ts'
import type { Slot } from '../../protocol/op.ts'
import type { HostFacts, MountFacts } from '../host-facts.ts'
import type { Planner } from '../planner.ts'
import { attributeBits, planAttach, planFilesystem, planOptions } from './attach.ts'
import { planCgroupMount } from './cgroup-mount.ts'
import { planRootLabel } from './labels.ts'
import { hasLongOption, planLongMount } from './long-options.ts'
import { planAttributes, planPropagation, validateWithoutSetattr } from './mount-changes.ts'
import { haveCommands, planMountCommands } from './mount-commands.ts'
import { planRefuseProcfs } from './procfs.ts'
import { inRoot, noteMount, planTarget, type Root } from './target.ts'

export function planMounts(
  p: Planner,
  config: ValidConfig,
  facts: HostFacts,
  root: Root,
  sent: ReadonlyMap<number, Slot>,
  longOptions: Slot | null,
  env: readonly string[],
): void {
  if (root.paths !== null) validateWithoutSetattr(config.mounts)
  // What the parent or a command fills is no more empty than a bind.
  const isFilled = haveCommands(config.mounts)
  config.mounts.forEach((mount, index) => {
    const seen = facts.mounts[index] ?? {}
    const destination = seen.destination ?? mount.destination
    const field = `mounts[${index}]`
    planMountCommands(p, mount.premountCommands, `${field}.premountCommands`, env, root)
    p.step({
      name: VERBS[mount.type] ?? `mount ${mount.type} on`,
      object: objectOf(mount),
      reason: 'asked for',
      field,
      hints: hintsOf(mount),
    })
    if (mount.type === 'bind')
      planBind(p, mount as BindMount, seen, destination, root, sent.get(index) ?? null)
    else if (mount.type === 'cgroup')
      planCgroupMount(p, mount as CgroupMount, destination, facts, root, config.mountLabel)
    else if (mount.type === 'remount') planRemount(p, mount as Remount, root)
    else {
      const target = planTarget(p, root, destination, isKernelView(mount) ? 'plain directory' : 'directory')
      const tree = sent.get(index)
      if (tree !== undefined) planFilled(p, tree, mount as FilesystemMount, root, target)
      else planNewMount(p, config, facts, mount as FilesystemMount, seen, root, target, longOptions, field)
    }
    noteMount(root, destination, sent.has(index) || isFilled ? 'bind' : mount.type)
    planMountCommands(p, mount.postmountCommands, `${field}.postmountCommands`, env, root)
  })
}

/**
 * Takes the trees of binds that show the root itself, with the others that are held already. Before the container's
 * root and the covers are laid over it: a tree that is taken later would have them on top, and show them alone.
 */
export function planTreesOfRoot(
  p: Planner,
  { mounts }: ValidConfig,
  facts: HostFacts,
  sent: ReadonlyMap<number, Slot>,
): ReadonlyMap<number, Slot> {
  const trees = new Map(sent)
  mounts.forEach((mount, index) => {
    if (mount.type !== 'bind' || !facts.mounts[index]?.sourceIsRoot || sent.has(index)) return
    p.step({
      name: 'take',
      object: (mount as BindMount).source,
      reason: 'before anything is laid over it',
      field: `mounts[${index}].source`,
      hints: MOUNT_HINTS,
    })
    trees.set(index, openSource(p, mount as BindMount))
  })
  return trees
}

function openSource(p: Planner, { source, recursive }: BindMount): Slot {
  const reach = recursive === false ? 0 : AT_RECURSIVE
  return p.open('open_tree', [AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | reach])
}

const VERBS: Readonly<Record<string, string>> = { bind: 'bind', remount: 'remount' }

/** Programs, ours among them, trust what they read there: it must be where it seems to be (CVE-2019-19921). */
function isKernelView({ type }: Mount): boolean {
  return type === 'proc' || type === 'sysfs'
}

const KERNEL_VIEW_HINT =
  'proc and sysfs must be mounted on ordinary directory, and the image has a link there'

const MOUNT_HINTS: Readonly<Record<string, string>> = {
  ELOOP: 'a link of the image leads there, in circles or to what is below /proc',
  ENODEV: 'the kernel does not know this file system',
  EPERM: 'the caller, or the user namespace that owns the mount namespace, may not do this',
  EINVAL: 'the source or an option does not fit, or what is to be changed is no mount',
}

function hintsOf(mount: Mount): Readonly<Record<string, string>> {
  return isKernelView(mount) ? { ...MOUNT_HINTS, ELOOP: KERNEL_VIEW_HINT } : MOUNT_HINTS
}

function objectOf(mount: Mount): string {
  return mount.type === 'bind' ? `${(mount as BindMount).source} on ${mount.destination}` : mount.destination
}

function planNewMount(
  p: Planner,
  config: ValidConfig,
  facts: HostFacts,
  mount: FilesystemMount,
  seen: MountFacts,
  root: Root,
  target: Slot,
  longOptions: Slot | null,
  field: string,
): void {
  const { mountLabel } = config
  const { set } = attributeBits(mount.attributes ?? [])
  const deferred = isReadonlyLater(mount) ? MOUNT_ATTR_RDONLY : 0
  const mode = seen.coveredMode === undefined ? '' : `,mode=${seen.coveredMode.toString(8)}`
  // As mount(2) does it: what cannot be written to, such as a disc, cannot be mounted for writing either.
  const readonly = (set & ~deferred & MOUNT_ATTR_RDONLY) === 0 ? '' : ',ro'
  const { type, source = type } = mount
  const options = optionsOf(mount, config, facts) + mode
  let made: Slot
  if (longOptions !== null && hasLongOption(source, options)) {
    const data = labelledOptions(type, options, mountLabel)
    planLongMount(p, longOptions, mount, data, set & ~deferred, target, field)
    made = p.open('openat2', inRoot(root, seen.destination ?? mount.destination))
  } else {
    made = planFilesystem(
      p,
      type,
      source,
      labelledOptions(type, options + readonly, mountLabel),
      set & ~deferred,
    )
    planAttach(p, made, target)
  }
  if (mount.type === 'mqueue' && mountLabel !== undefined) planRootLabel(p, made, mountLabel)
  planMountPropagation(p, root, made, mount)
  p.close(made)
}

/** A tmpfs that the parent made and filled. */
function planFilled(p: Planner, tree: Slot, mount: FilesystemMount, root: Root, target: Slot): void {
  const attributes = (mount.attributes ?? []).filter((name) => name !== 'ro')
  planAttach(p, tree, target)
  planAttributes(p, root.paths, tree, attributeBits(attributes))
  planMountPropagation(p, root, tree, mount)
}

/**
 * A group that our own user namespace does not map can't own terminals: they keep that of their user. Of the maps
 * that a configuration brings itself, the validation has seen to it.
 */
function optionsOf({ type, data = '' }: FilesystemMount, config: ValidConfig, { caller }: HostFacts): string {
  const groups = caller.gidMappings
  if (type !== 'devpts' || groups === undefined || config.gidMappings !== undefined) return data
  const isMapped = (gid: number): boolean =>
    groups.some(({ containerId, size }) => gid >= containerId && gid < containerId + size)
  return data.replace(/(?:^|,)gid=(\d+)/, (option, gid) => (isMapped(Number(gid)) ? option : ''))
}

function planBind(
  p: Planner,
  mount: BindMount,
  seen: MountFacts,
  destination: string,
  root: Root,
  sent: Slot | null,
): void {
  const tree = sent ?? openSource(p, mount)
  const target = planTarget(p, root, destination, seen.sourceIsDirectory === false ? 'file' : 'directory')
  // Whether the name itself may be mounted on was checked with the configuration (CVE-2019-16884).
  if (!`${mount.destination}/`.startsWith('/proc/')) planRefuseProcfs(p, target)
  // Attached first, as mount(2) changes no other; nothing of the container runs yet.
  planAttach(p, tree, target)
  planMountAttributes(p, root, tree, mount)
  // A bind is private unless it is told otherwise: nothing mounted on the source later may appear here. If it is told,
  // it takes from the host; it never gives to it, also where the parent took the tree from the host's own group.
  planPropagation(p, root.paths, tree, mount.propagation?.length ? 'rslave' : 'rprivate')
  planMountPropagation(p, root, tree, mount)
  if (sent === null) p.close(tree)
}

function planMountAttributes(p: Planner, root: Root, fd: Slot, mount: BindMount | Remount): void {
  planAttributes(p, root.paths, fd, attributeBits(mount.attributes ?? []))
  planAttributes(p, root.paths, fd, attributeBits(mount.recursiveAttributes ?? []), AT_RECURSIVE)
}

/** Changes what is there: of the mount, and where asked for of the file system behind it. */
function planRemount(p: Planner, mount: Remount, root: Root): void {
  const target = p.open('openat2', inRoot(root, mount.destination))
  if (mount.data) {
    const fs = p.open('fspick', [target, '', FSPICK_CLOEXEC | FSPICK_EMPTY_PATH])
    planOptions(p, fs, mount.data)
    p.call('fsconfig', [fs, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0])
    p.close(fs)
  }
  planMountAttributes(p, root, target, mount)
  planMountPropagation(p, root, target, mount)
  p.close(target)
}

function planMountPropagation(p: Planner, root: Root, fd: Slot, mount: Mount): void {
  for (const propagation of mount.propagation ?? []) planPropagation(p, root.paths, fd, propagation)
}

// A read-only tmpfs would take no device nodes and no directories to mount on: it is closed at the end.
function isReadonlyLater(mount: Mount): boolean {
  return mount.type === 'tmpfs' && (attributeBits(mount.attributes ?? []).set & MOUNT_ATTR_RDONLY) !== 0
}

export function planReadonlyMounts(p: Planner, config: ValidConfig, root: Root): void {
  config.mounts.forEach((mount, index) => {
    if (!isReadonlyLater(mount)) return
    p.step({
      name: 'make read-only',
      object: mount.destination,
      reason: 'after it was filled',
      field: `mounts[${index}].attributes`,
    })
    const target = p.open('openat2', inRoot(root, mount.destination))
    planAttributes(p, root.paths, target, { set: MOUNT_ATTR_RDONLY, clear: 0 })
    p.close(target)
  })
}
