// Owns reading a container's /etc/passwd and /etc/group from outside, which saves init a round trip. Only from what the
// host gave it: a file system of the container's own making would hold up the calling program, and all that it does.

import { ERRNO } from '../abi/errno.ts'
import { AT_FDCWD, O_CLOEXEC, O_PATH } from '../abi/flags.ts'
import type { ValidConfig, ValidProcess } from '../config/container-config.ts'
import type { Userdb } from '../plan/launch-plan.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { readFileInRoot } from '../system/paths.ts'
import { identityOf, statPath } from '../system/stat.ts'
import { syscall } from '../system/syscall.ts'
import { needsUserdb, type UserdbNeed } from '../userdb/needs-userdb.ts'

const NOTHING: Userdb = { passwd: null, group: null }

/** For the first process; null when init has to look. @param root the root as the host has it */
export function readUserdbOfImage(
  kernel: Kernel,
  root: number,
  config: ValidConfig,
  process: ValidProcess,
): Userdb | null {
  if (coversEtc(config)) return null
  const need = needOf(config, process)
  return need === null ? NOTHING : readUserdb(kernel, root, need, 'root')
}

/** Whether a mount of the configuration may hide the image's /etc: then only init can read what the process will see. */
function coversEtc(config: ValidConfig): boolean {
  return config.mounts.some(({ destination }) => destination === '/etc' || destination.startsWith('/etc/'))
}

/**
 * For a process beside that with this pid; null when init has to look: the root is not, or not any more, the one that
 * the host gave, or another mount lies on the way.
 */
export function readUserdbOfRunning(
  kernel: Kernel,
  pid: number,
  config: ValidConfig,
  process: ValidProcess,
): Userdb | null {
  const need = needOf(config, process)
  if (need === null) return NOTHING
  const given = statPath(kernel, config.rootfs)
  if (typeof given === 'number') return null
  const root = syscall(kernel, 'openat', AT_FDCWD, `/proc/${pid}/root`, O_PATH | O_CLOEXEC, 0)
  if (root < 0) return null
  try {
    return identityOf(kernel, root) === given.identity ? readUserdb(kernel, root, need, 'mount') : null
  } finally {
    closeFd(kernel, root)
  }
}

function needOf(config: ValidConfig, { user, env, additionalGroups }: ValidProcess): UserdbNeed | null {
  return needsUserdb(user, env, additionalGroups ?? config.additionalGroups)
}

const LIMIT_BYTES = 1 << 20

function readUserdb(kernel: Kernel, root: number, need: UserdbNeed, within: 'root' | 'mount'): Userdb | null {
  const read = (path: string): string | number => readFileInRoot(kernel, root, path, LIMIT_BYTES, within)
  const passwd = need.passwd ? read('/etc/passwd') : null
  const group = need.group ? read('/etc/group') : null
  const isMissing = (file: string | number | null): boolean => file === -ERRNO.ENOENT
  if (typeof passwd === 'number' && !isMissing(passwd)) return null
  if (typeof group === 'number' && !isMissing(group)) return null
  return {
    passwd: typeof passwd === 'string' ? passwd : null,
    group: typeof group === 'string' ? group : null,
  }
}
