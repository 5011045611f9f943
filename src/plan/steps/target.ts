// Owns finding, and where needed making, a place below the container's root. The image may hold any link: every
// look-up is an openat2 from the root's descriptor that can't leave it (CVE-2021-30465, CVE-2024-45310).

import {
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  RESOLVE_NO_SYMLINKS,
  S_IFREG,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { Mount } from '../../config/mount.ts'
import type { OpArg, Slot, Struct } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'
import type { MountPaths } from './mount-changes.ts'

/** The root of the container as init holds it, and the ways to look below it. */
export interface Root {
  readonly fd: Slot
  /** struct open_how for O_PATH, whatever is there. */
  readonly anything: Struct
  /** struct open_how for O_PATH and a directory. */
  readonly directory: Struct
  /** The same, when no link leads there. */
  readonly plainDirectory: Struct
  /** How mounts are changed below it. */
  readonly paths: MountPaths
  /** What this plan has mounted so far, by the place. */
  readonly mounted: Map<string, Mount['type']>
}

export function rootAt(fd: Slot, arch: Arch, paths: MountPaths): Root {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS
  return {
    fd,
    paths,
    mounted: new Map(),
    anything: { bytes: openHow(O_PATH | O_CLOEXEC, 0, resolve) },
    directory: { bytes: openHow(O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0, resolve) },
    plainDirectory: {
      bytes: openHow(O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0, resolve | RESOLVE_NO_SYMLINKS),
    },
  }
}

/** An absolute path as seen from the root's descriptor. */
export function belowRoot(path: string): string {
  let start = 0
  while (path[start] === '/') start++
  return path.slice(start) || '.'
}

/** The arguments of openat2 for a path below the root; in a slot: the address of one that is relative already. */
export function inRoot(root: Root, path: string | Slot, how: Struct = root.anything): readonly OpArg[] {
  return [root.fd, typeof path === 'string' ? belowRoot(path) : path, how, OPEN_HOW_SIZE]
}

/** Notes what was mounted: its place is there from now on, and what was below it is covered. */
export function noteMount({ mounted }: Root, path: string, type: Mount['type']): void {
  if (type === 'remount') return
  for (const covered of mounted.keys()) if (covered.startsWith(`${path}/`)) mounted.delete(covered)
  mounted.set(path, type)
}

/** Whether a place needs no making: it is there, or lies where the kernel alone makes anything. */
function isGiven({ mounted }: Root, path: string): boolean {
  if (mounted.has(path)) return true
  for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
    const above = mounted.get(path.slice(0, slash))
    if (above !== undefined) return above === 'proc' || above === 'sysfs'
  }
  return false
}

/** Whether nothing has that name yet, as its directory is a tmpfs of this plan. */
export function isNew({ mounted }: Root, directory: string, path: string): boolean {
  return mounted.get(directory) === 'tmpfs' && !mounted.has(path)
}

const HOW = { directory: 'directory', file: 'anything', 'plain directory': 'plainDirectory' } as const

/** Opens a directory or a file below the root (O_PATH), making it and the directories above when it is missing. */
export function planTarget(p: Planner, root: Root, path: string, kind: keyof typeof HOW): Slot {
  const open = inRoot(root, path, root[HOW[kind]])
  if (isGiven(root, path)) return p.open('openat2', open)
  const slash = path.lastIndexOf('/')
  const directory = path.slice(0, slash)
  const make = (): void => {
    const name = path.slice(slash + 1)
    const parent = slash === 0 ? root.fd : planTarget(p, root, directory, 'directory')
    // Whoever made it meanwhile, or a link that leads nowhere: the look-up that follows decides.
    if (kind === 'file') p.call('mknodat', [parent, name, S_IFREG | 0o644, 0], { errno: 'EEXIST', skip: 0 })
    else p.call('mkdirat', [parent, name, 0o755], { errno: 'EEXIST', skip: 0 })
    if (parent !== root.fd) p.close(parent)
  }
  if (isNew(root, directory, path)) {
    make()
    return p.open('openat2', open)
  }
  const target = p.slots.take()
  const makeAndOpen = (): void => {
    make()
    p.open('openat2', open, target)
  }
  p.otherwise('ENOENT', 'openat2', open, makeAndOpen, target)
  return target
}
