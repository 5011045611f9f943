// Owns finding, and where needed making, a place below the container's root. The image may hold any link: every
// look-up is an openat2 from the root's descriptor that can't leave it (CVE-2021-30465, CVE-2024-45310).

import {
  O_CLOEXEC,
  O_DIRECTORY,
  O_PATH,
  RESOLVE_IN_ROOT,
  RESOLVE_NO_MAGICLINKS,
  S_IFREG,
} from '../../abi/flags.ts'
import { OPEN_HOW_SIZE, openHow } from '../../abi/structs.ts'
import type { Arch } from '../../abi/syscalls.ts'
import type { OpArg, Slot, Struct } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

/** The root of the container as init holds it, and the ways to look below it. */
export interface Root {
  readonly fd: Slot
  /** struct open_how for O_PATH, whatever is there. */
  readonly anything: Struct
  /** struct open_how for O_PATH and a directory. */
  readonly directory: Struct
}

export function rootAt(fd: Slot, arch: Arch): Root {
  const resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS
  return {
    fd,
    anything: { bytes: openHow(O_PATH | O_CLOEXEC, 0, resolve) },
    directory: { bytes: openHow(O_PATH | O_CLOEXEC | O_DIRECTORY[arch], 0, resolve) },
  }
}

/** The arguments of openat2 for a path below the root. */
export function inRoot(root: Root, path: string, how: Struct = root.anything): readonly OpArg[] {
  return [root.fd, path.replace(/^\/+/, '') || '.', how, OPEN_HOW_SIZE]
}

/** Opens a directory or a file below the root (O_PATH), making it and the directories above when it is missing. */
export function planTarget(p: Planner, root: Root, path: string, kind: 'directory' | 'file'): Slot {
  const target = p.slots.take()
  const how = kind === 'directory' ? root.directory : root.anything
  p.otherwise('ENOENT', 'openat2', inRoot(root, path, how), () => makeTarget(p, root, path, kind), target)
  // With a body in between, the slot holds the result of whichever open succeeded.
  function makeTarget(planner: Planner, base: Root, whole: string, wanted: typeof kind): void {
    const parts = whole.split('/').filter((part) => part !== '')
    let parent = base.fd
    parts.forEach((part, index) => {
      const prefix = parts.slice(0, index + 1).join('/')
      const last = index === parts.length - 1
      const into = last ? target : planner.slots.take()
      if (last && wanted === 'file') {
        planner.call('mknodat', [parent, part, S_IFREG | 0o644, 0], { errno: 'EEXIST', skip: 0 })
      } else {
        planner.call('mkdirat', [parent, part, 0o755], { errno: 'EEXIST', skip: 0 })
      }
      planner.open(
        'openat2',
        inRoot(base, prefix, last && wanted === 'file' ? base.anything : base.directory),
        into,
      )
      if (parent !== base.fd) planner.close(parent)
      parent = into
    })
  }
  return target
}
