// Owns opening what a plan says goes along to init, and closing the parent's side of it afterwards.

import { ERRNO, errnoName } from '../abi/errno.ts'
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_RECURSIVE,
  MOUNT_ATTR_IDMAP,
  NS_GET_NSTYPE,
  O_DIRECTORY,
  O_NOCTTY,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  OPEN_TREE_CLOEXEC,
  OPEN_TREE_CLONE,
} from '../abi/flags.ts'
import { MOUNT_ATTR_SIZE, mountAttr } from '../abi/structs.ts'
import { LibcontainerError } from '../errors.ts'
import type { HookStatus, IdMapSource, PlannedDescriptor } from '../plan/launch-plan.ts'
import { closeFd, openFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { openMemoryFile } from '../system/memory-file.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import { openFilledTmpfs } from './filled-tmpfs.ts'

/** What is open already and is lent for the time of the launch. */
export interface LentDescriptors {
  readonly stdio: readonly number[]
  readonly extra: readonly number[]
  readonly cgroupTasks: readonly number[]
  /** The pidfd and the pid of the container's first process, for a later one. */
  readonly container: { readonly pidfd: number; readonly pid: number } | null
  /** The user namespace of each id map. */
  readonly idMaps: ReadonlyMap<IdMapSource, number>
  /** Where a first process that is only prepared listens; -1 for one that begins at once. */
  readonly release: number
}

/** Has descriptors closed when the launch is over. */
export type Lend = (fds: readonly number[]) => readonly number[]

export interface OpenedDescriptors {
  /** In the order of the slots. */
  readonly all: readonly number[]
  /** Files in memory for the states that hooks inside read, empty yet. */
  readonly hookStates: readonly { readonly fd: number; readonly status: HookStatus }[]
}

/** Opens the planned descriptors; `lend` has them closed in the end. @throws ConfigInvalid for a namespace path of the wrong kind; SystemError */
export function openDescriptors(
  kernel: Kernel,
  planned: readonly PlannedDescriptor[],
  lent: LentDescriptors,
  lend: Lend,
): OpenedDescriptors {
  const own = (fd: number): number => {
    lend([fd])
    return fd
  }
  const all = planned.map((descriptor) => openOne(kernel, descriptor, lent, own))
  const hookStates = planned.flatMap(({ source }, index) =>
    source.kind === 'hook-state' ? [{ fd: all[index] as number, status: source.status }] : [],
  )
  return { all, hookStates }
}

function openOne(
  kernel: Kernel,
  { source, field }: PlannedDescriptor,
  lent: LentDescriptors,
  own: (fd: number) => number,
): number {
  switch (source.kind) {
    case 'stdio':
      return lent.stdio[source.index] as number
    case 'extra':
      return lent.extra[source.index] as number
    case 'cgroup-tasks':
      return lent.cgroupTasks[source.index] as number
    case 'namespace':
      return own(openNamespace(kernel, source.path, source.cloneFlag, field ?? 'namespaces'))
    case 'tree':
      return own(openMappedTree(kernel, source, field ?? 'mounts', lent.idMaps))
    case 'filled-tmpfs':
      return own(openFilledTmpfs(kernel, source, field ?? 'mounts'))
    case 'directory':
      return own(openDirectory(kernel, source.path, field ?? 'rootfs'))
    case 'hook-state':
      return own(openMemoryFile(kernel, 'state'))
    case 'container-process':
      return lent.container?.pidfd ?? -1
    case 'release-socket':
      return lent.release
    case 'container-root':
      return own(openFd(kernel, `/proc/${lent.container?.pid}/root`, O_PATH | O_DIRECTORY[kernel.arch]))
  }
}

/** A namespace file, checked to be one of that type: a FIFO or another namespace must neither hang nor mislead. */
export function openNamespace(kernel: Kernel, path: string, cloneFlag: number, field: string): number {
  const fd = openFd(kernel, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, {
    action: 'join namespace',
    object: path,
    field,
  })
  const type = syscall(kernel, 'ioctl', fd, NS_GET_NSTYPE)
  if (type === cloneFlag) return fd
  closeFd(kernel, fd)
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'join namespace',
    object: path,
    field,
    reason: type < 0 ? 'it is no namespace' : 'it is a namespace of another type',
  })
}

function openDirectory(kernel: Kernel, path: string, field: string): number {
  return openFd(kernel, path, O_PATH | O_DIRECTORY[kernel.arch], { action: 'open', object: path, field })
}

type Tree = PlannedDescriptor['source'] & { readonly kind: 'tree' }

/** A tree, with the ids of a user namespace where it has an id map: only who has rights over the host may say so. */
function openMappedTree(
  kernel: Kernel,
  { path, recursive, idMap }: Tree,
  field: string,
  idMaps: LentDescriptors['idMaps'],
): number {
  const tree = openTree(kernel, path, recursive, field)
  if (idMap === null) return tree
  const attr = mountAttr(MOUNT_ATTR_IDMAP, 0, 0, idMaps.get(idMap))
  const flags = AT_EMPTY_PATH | (idMap.recursive ? AT_RECURSIVE : 0)
  const result = syscall(kernel, 'mount_setattr', tree, '', flags, attr, MOUNT_ATTR_SIZE)
  if (result === 0) return tree
  closeFd(kernel, tree)
  const hint = ID_MAP_HINTS[errnoName(result)]
  const attempt = {
    action: 'map the owners of',
    object: path,
    field,
    ...(hint === undefined ? {} : { hint }),
  }
  throw systemError(result, 'mount_setattr', attempt)
}

const ID_MAP_HINTS: Readonly<Record<string, string>> = {
  EINVAL: 'the file system cannot do that, or has an id map already',
  EPERM: 'the file system belongs to another user namespace, or has an id map already',
}

function openTree(kernel: Kernel, path: string, recursive: boolean, field: string): number {
  const flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0)
  const fd = syscall(kernel, 'open_tree', AT_FDCWD, path, flags)
  const hint =
    fd === -ERRNO.EINVAL ? { hint: 'the mount is not in the namespace of the caller, or is locked' } : {}
  return checked(fd, 'open_tree', { action: 'take the tree', object: path, field, ...hint })
}
