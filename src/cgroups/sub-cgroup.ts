// Owns the cgroup that a later process may be put in instead of its container's: one below it, which is there already.

import { LibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { loadCgroupManager } from './create-manager.ts'
import type { CgroupManager } from './manager.ts'
import { UNIFIED } from './manager-input.ts'

/**
 * The cgroup for a process that joins.
 * @param below by controller a path from the container's cgroup; '' for all controllers that are not named
 * @throws LibcontainerError ConfigInvalid for a path that leads out of the container's cgroup, or an unknown
 * controller; SystemError
 */
export function loadSubCgroup(
  kernel: Kernel,
  container: CgroupManager,
  below: Readonly<Record<string, string>>,
): CgroupManager {
  for (const controller of Object.keys(below))
    if (controller !== '' && !Object.hasOwn(container.paths, controller))
      throw refuse(controller, `unknown controller ${controller}`)
  const paths: Record<string, string> = {}
  for (const [controller, path] of Object.entries(container.paths)) {
    const part = below[controller] ?? below['']
    // On a hybrid machine v2 only counts who is there, and whoever makes a cgroup in the container makes it in v1.
    const stays = part === undefined || (container.version === 1 && controller === UNIFIED)
    paths[controller] = stays ? path : `${path}${cleanBelow(part)}`
  }
  const manager = loadCgroupManager(kernel, paths)
  // Where it was sent it goes, or nowhere: not to where the first process is.
  const { openForClone } = manager
  manager.openForClone = () => openForClone.call(manager)
  return manager
}

/** `a/../b/` as `/b`. @throws LibcontainerError ConfigInvalid when it leads above its beginning */
function cleanBelow(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..' && parts.pop() === undefined)
      throw refuse(path, 'bad sub cgroup path: it leads out of the cgroup of the container')
    if (part !== '' && part !== '.' && part !== '..') parts.push(part)
  }
  return parts.map((part) => `/${part}`).join('')
}

function refuse(object: string, reason: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'go to the cgroup',
    object,
    field: 'cgroup',
    reason,
  })
}
