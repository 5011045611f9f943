// Owns the error for an init that could not be made: where its errno is about a limit, which one.

import { ERRNO, errnoName } from '../../abi/errno.ts'
import { CLONE_NEWUSER } from '../../abi/flags.ts'
import type { CgroupManager } from '../../cgroups/manager.ts'
import type { LibcontainerError } from '../../errors.ts'
import { systemError } from '../../system/syscall.ts'
import { type Evidence, findFullPids, findShortMemory } from './cgroup-evidence.ts'
import { errnoHint } from './errno-hints.ts'

/** The call that failed, with its errno. */
export interface FailedSpawn {
  readonly errno: number
  readonly syscall: string
}

/** @param flags those of the clone */
export function spawnError(
  { errno, syscall }: FailedSpawn,
  flags: number,
  cgroup: CgroupManager | null,
): LibcontainerError {
  // Only the cgroup is busy for a clone. The words for it are runc's, which callers look for.
  if (errno === ERRNO.EBUSY && cgroup !== null) {
    const hint = 'cgroups below it have its controllers, so that it takes no processes'
    return systemError(errno, syscall, { action: 'start init by adding pid 0 to cgroups', hint })
  }
  const hint = spawnHint(errno, syscall, flags)
  const evidence = findEvidence(errno, cgroup)
  return systemError(errno, syscall, {
    action: 'start init',
    ...(hint === undefined ? {} : { hint }),
    ...evidence,
  })
}

function findEvidence(errno: number, cgroup: CgroupManager | null): Evidence | null {
  if (errno === ERRNO.EAGAIN) return findFullPids(cgroup)
  return errno === ERRNO.ENOMEM ? findShortMemory(cgroup) : null
}

function spawnHint(errno: number, syscall: string, flags: number): string | undefined {
  if (errno === ERRNO.EPERM && (flags & CLONE_NEWUSER) === 0)
    return 'only root may make namespaces without a user namespace among them'
  return errnoHint(syscall, errnoName(errno))
}
