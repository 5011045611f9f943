// Owns turning the path of a configuration into a directory of a hierarchy. Pure. A path is checked here, where it
// becomes a path, whoever has checked it before; no `..` gets through.

import { LibcontainerError } from '../errors.ts'
import type { CgroupHierarchy } from './hierarchies.ts'

const FIELD = 'cgroup.path'

/**
 * The directory of a cgroup. An absolute path starts at what the mount point shows; a relative one at the caller's
 * own cgroup (v1), or beside it (v2, where a cgroup with processes cannot hand out controllers).
 * @throws LibcontainerError ConfigInvalid for a path that leads out, or to the hierarchy's root
 */
export function locateCgroup(version: 1 | 2, hierarchy: CgroupHierarchy, path: string): string {
  const clean = cleanPath(path)
  if (path.startsWith('/')) return hierarchy.mountPoint + clean
  return hierarchy.mountPoint + baseOfRelative(version, hierarchy) + clean
}

/** The directory above; '' above the topmost. */
export function parentOf(directory: string): string {
  return directory.slice(0, Math.max(0, directory.lastIndexOf('/')))
}

/** The path of most containers that have none of their own: their id. */
const NAME = /^[\w-][\w.-]*$/

// '/a/b' for 'a//b/', './a/b' and '/a/b' alike.
function cleanPath(path: string): string {
  if (NAME.test(path)) return `/${path}`
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.length === 0)
    throw refusePath(path, 'it names the root of the hierarchy', 'name a cgroup below it')
  if (parts.includes('..')) throw refusePath(path, 'it holds ".."')
  if (/[\0\n]/.test(path)) throw refusePath(path, 'it holds a NUL or a newline')
  return `/${parts.join('/')}`
}

function baseOfRelative(version: 1 | 2, { root, own, mountPoint }: CgroupHierarchy): string {
  const visible = visiblePath(root, own)
  if (visible === null) {
    throw new LibcontainerError({
      code: 'SystemError',
      action: `find the caller's own cgroup ${JSON.stringify(own)} below`,
      object: mountPoint,
      reason: `the mount shows ${JSON.stringify(root)}`,
      hint: 'give an absolute path, or mount the hierarchy again in this cgroup namespace',
      field: FIELD,
    })
  }
  return version === 1 ? visible : parentOf(visible)
}

/** The path below the mount point of a cgroup; null when the mount does not show it. '' is the mount point itself. */
export function visiblePath(root: string, cgroup: string): string | null {
  if (leadsOut(root) || leadsOut(cgroup)) return null
  const top = root === '/' ? '' : root
  if (cgroup === root) return ''
  return cgroup.startsWith(`${top}/`) ? cgroup.slice(top.length) : null
}

function leadsOut(path: string): boolean {
  return path.includes('..') && path.split('/').includes('..')
}

function refusePath(path: string, reason: string, hint?: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use the cgroup path',
    object: path,
    reason,
    field: FIELD,
    ...(hint === undefined ? {} : { hint }),
  })
}
