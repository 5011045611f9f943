// Owns the user namespaces whose ids an id-mapped mount has (mount_setattr(2)): made for the purpose, or found. Each is
// a descriptor; nobody lives in it.

import { CLONE_NEWUSER, O_RDONLY } from '../abi/flags.ts'
import type { IdMapSource, PlannedDescriptor } from '../plan/launch-plan.ts'
import { closeFd, openFd } from '../system/fd.ts'
import { writeText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { systemError } from '../system/syscall.ts'
import { type Lend, openNamespace } from './descriptors.ts'
import { endAll } from './end-processes.ts'

/** Opens them all; `lend` takes each, and closes it when the launch is over. @throws ConfigInvalid; SystemError */
export async function openIdMapNamespaces(
  kernel: Kernel,
  descriptors: readonly PlannedDescriptor[],
  lend: Lend,
): Promise<ReadonlyMap<IdMapSource, number>> {
  const opened = new Map<IdMapSource, number>()
  for (const { source, field = 'mounts' } of descriptors) {
    if (source.kind !== 'tree' || source.idMap === null) continue
    const { idMap } = source
    const fd =
      'namespace' in idMap
        ? openNamespace(kernel, idMap.namespace.path, idMap.namespace.cloneFlag, field)
        : await makeNamespace(kernel, idMap, field)
    lend([fd])
    opened.set(idMap, fd)
  }
  return opened
}

/** A namespace needs a process to begin with: an init, which waits for a program that never comes. */
async function makeNamespace(
  kernel: Kernel,
  { uidMap, gidMap }: { readonly uidMap: string; readonly gidMap: string },
  field: string,
): Promise<number> {
  const attempt = { action: 'make the id map of a mount', field }
  const child = await kernel.spawn({
    flags: CLONE_NEWUSER,
    cgroup: -1,
    pidNamespace: -1,
    program: null,
    descriptors: [],
  })
  if (child.errno !== 0) throw systemError(child.errno, child.syscall, attempt)
  try {
    writeText(kernel, `/proc/${child.pid}/uid_map`, uidMap, attempt)
    writeText(kernel, `/proc/${child.pid}/gid_map`, gidMap, attempt)
    return openFd(kernel, `/proc/${child.pid}/ns/user`, O_RDONLY, attempt)
  } finally {
    closeFd(kernel, child.socket)
    await endAll(kernel, [child])
  }
}
