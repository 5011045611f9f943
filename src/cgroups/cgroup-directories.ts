// Owns making and removing the directories of cgroups. The parents that it makes carry a mark, so that the last
// container below them takes them away, and nobody else's are touched.

import { ERRNO } from '../abi/errno.ts'
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, S_IFDIR, S_IFMT } from '../abi/flags.ts'
import { STATX_MODE, STATX_SIZE } from '../abi/structs.ts'
import { readDirectory, removeDirectory } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked, syscall, systemError } from '../system/syscall.ts'
import type { CgroupPlace } from './hierarchies.ts'
import { parentOf } from './locate-cgroup.ts'
import { refuseUsed } from './refuse-cgroup.ts'

const MODE = 0o755
/** The mark is the sticky bit: mkdir sets it, so that it is there from the first moment, whoever is killed. */
const MARK = 0o1000
const STATX_TYPE_MODE_NLINK = 7
const STATX_OFFSET_NLINK = 16
/** A directory has a link from each one in it, besides its own two. */
const NO_CHILDREN = 2
/** Steps up and down the path; more means that others remove as fast as we make. */
const MAX_STEPS = 1000

const MKDIR_HINTS: Readonly<Record<string, string>> = {
  EACCES: "the cgroup above it is not the caller's: it must be delegated (cgroups(7))",
  EPERM: "the cgroup above it is not the caller's: it must be delegated (cgroups(7))",
  EROFS: 'the cgroup file system is mounted read-only',
  ENOTDIR: 'a part of it is the name of a file that every cgroup has',
  EAGAIN: 'cgroup.max.descendants or cgroup.max.depth of a cgroup above it is reached',
}

/**
 * Makes a cgroup and those above it, below the mount point only.
 * @param made gets what was made, outermost first, also when it fails
 * @throws LibcontainerError SystemError
 */
export function makeCgroup(kernel: Kernel, { directory, mountPoint }: CgroupPlace, made: string[]): void {
  let target = directory
  // Another container's end may remove a parent between two steps: each success starts again at the leaf.
  for (let step = 0; step < MAX_STEPS; step++) {
    const result = syscall(kernel, 'mkdirat', AT_FDCWD, target, target === directory ? MODE : MODE | MARK)
    if (result === 0) made.push(target)
    if (result === 0 || result === -ERRNO.EEXIST) {
      if (result !== 0 && target === directory) refuseFile(kernel, directory)
      if (target === directory) return
      target = directory
    } else if (result === -ERRNO.ENOENT && parentOf(target) !== mountPoint) target = parentOf(target)
    else throw refuseMake(target, result)
  }
  throw refuseMake(directory, -ERRNO.ENOENT)
}

/** Removes what `makeCgroup` made, as far as nobody uses it. */
export function unmakeCgroups(kernel: Kernel, made: readonly string[]): void {
  for (const directory of made.toReversed()) removeDirectory(kernel, directory)
}

/** Removes a cgroup and those below it, deepest first. @returns 0, or the negated errno: EBUSY while processes are in it */
export function removeCgroup(kernel: Kernel, directory: string): number {
  const result = removeDirectory(kernel, directory)
  if (result !== -ERRNO.EBUSY && result !== -ERRNO.ENOTEMPTY) return result
  for (const child of childCgroups(kernel, directory)) {
    const childResult = removeCgroup(kernel, child)
    if (childResult < 0) return childResult
  }
  return removeDirectory(kernel, directory)
}

/** Of a parent that somebody uses, or that is somebody else's. */
const STAYS: readonly number[] = [-ERRNO.EBUSY, -ERRNO.ENOTEMPTY, -ERRNO.EACCES, -ERRNO.EPERM]

/** Removes the parents that carry our mark and that nothing is left below. @throws LibcontainerError SystemError */
export function removeMarkedParents(kernel: Kernel, { directory, mountPoint }: CgroupPlace): void {
  for (let parent = parentOf(directory); parent.length > mountPoint.length; parent = parentOf(parent)) {
    const look = lookAt(kernel, parent)
    if (look === null) continue
    // The removal that would fail is dear.
    if (look.links > NO_CHILDREN || !look.isMarked) return
    const result = removeDirectory(kernel, parent)
    if (STAYS.includes(result)) return
    checked(result, 'unlinkat', { action: 'remove cgroup', object: parent })
  }
}

/** The cgroups directly below one; none when it does not exist. */
export function childCgroups(kernel: Kernel, directory: string): readonly string[] {
  if ((lookAt(kernel, directory)?.links ?? 0) <= NO_CHILDREN) return []
  const entries = readDirectory(kernel, directory) ?? []
  return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => `${directory}/${name}`)
}

/** mkdir(2) has the same answer for a cgroup that is there and for a file of the cgroup above it. */
function refuseFile(kernel: Kernel, directory: string): void {
  if (lookAt(kernel, directory)?.isDirectory === false)
    throw refuseUsed(directory, 'it is a file of the cgroup file system', 'choose another name')
}

interface Look {
  readonly isDirectory: boolean
  readonly links: number
  readonly isMarked: boolean
}

/** null when it is gone. @throws LibcontainerError SystemError */
function lookAt(kernel: Kernel, directory: string): Look | null {
  const statx = new Uint8Array(STATX_SIZE)
  const flags = AT_SYMLINK_NOFOLLOW
  const result = syscall(kernel, 'statx', AT_FDCWD, directory, flags, STATX_TYPE_MODE_NLINK, statx)
  if (result === -ERRNO.ENOENT) return null
  checked(result, 'statx', { action: 'look at cgroup', object: directory })
  const view = new DataView(statx.buffer)
  const mode = view.getUint16(STATX_MODE, true)
  const isDirectory = (mode & S_IFMT) === S_IFDIR
  return { isDirectory, links: view.getUint32(STATX_OFFSET_NLINK, true), isMarked: (mode & MARK) !== 0 }
}

function refuseMake(directory: string, result: number): Error {
  const error = systemError(result, 'mkdirat', {
    action: 'make cgroup',
    object: directory,
    field: 'cgroup.path',
  })
  const hint = MKDIR_HINTS[error.reason]
  return hint === undefined
    ? error
    : systemError(result, 'mkdirat', { action: 'make cgroup', object: directory, field: 'cgroup.path', hint })
}
