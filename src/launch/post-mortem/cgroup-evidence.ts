// Owns asking a cgroup, after a start has failed in it, whether one of its limits was the cause. It reads what the
// kernel counted and guesses nothing; what it cannot read is no evidence.

import { SIGNALS } from '../../abi/signals.ts'
import type { CgroupStats, StatsName } from '../../cgroups/cgroup-stats.ts'
import type { CgroupManager } from '../../cgroups/manager.ts'
import { type ErrorFacts, isLibcontainerError } from '../../errors.ts'

const FIELD = 'cgroup.memory.limitBytes'

export type Evidence = Pick<ErrorFacts, 'hint' | 'field'>

/** What may have killed init by a signal; null when nobody knows. */
export function explainKill(signal: number, cgroup: CgroupManager | null): Evidence | null {
  if (signal === SIGNALS.SIGSYS) {
    return {
      hint: 'the filter kills for a call that init makes under it: explain lists those, and execve is one',
      field: 'seccomp',
    }
  }
  if (signal !== SIGNALS.SIGKILL || cgroup === null) return null
  // kernel/cgroup/cgroup.c compares the counts of kills of two cgroups: of the caller's, and of the one cloned into.
  const hint =
    "somebody killed it; or the calling program's own cgroup was once killed whole (cgroup.kill), " +
    'and since Linux 6.14 whatever it starts in another cgroup is then killed too'
  return findOomKill(cgroup) ?? { hint }
}

/** Whether the kernel killed for want of memory; null when it did not, or nobody knows. */
function findOomKill(cgroup: CgroupManager | null): Evidence | null {
  const memory = readFigures(cgroup, 'memory')?.memory
  const kills = memory?.oomKills ?? 0n
  if (kills === 0n) return null
  const limit = memory?.limitBytes ?? null
  const words = limit === null ? '' : ` of ${limit} bytes`
  return {
    hint: `the kernel killed in this cgroup for want of memory (oom_kill ${kills}): the limit${words} is too low`,
    field: FIELD,
  }
}

/** Whether a call may have been refused for the limit of memory; null when that was never hit, or nobody knows. */
export function findShortMemory(cgroup: CgroupManager | null): Evidence | null {
  const memory = readFigures(cgroup, 'memory')?.memory
  const { limitBytes = null, failcnt = 0n } = memory ?? {}
  if (limitBytes === null || failcnt === 0n) return null
  return {
    hint: `the limit of ${limitBytes} bytes of this cgroup was hit ${failcnt} times: it is too low`,
    field: FIELD,
  }
}

/** Whether no more processes fit into the cgroup. */
export function findFullPids(cgroup: CgroupManager | null): Evidence | null {
  const pids = readFigures(cgroup, 'pids')?.pids
  const limit = pids?.limit
  if (pids === undefined || limit === undefined || pids.current < limit) return null
  return {
    hint: `the cgroup holds ${pids.current} processes, and its limit is ${limit}`,
    field: 'cgroup.pids.limit',
  }
}

function readFigures(cgroup: CgroupManager | null, name: StatsName): CgroupStats | null {
  try {
    return cgroup?.readStats([name]) ?? null
  } catch (error) {
    if (isLibcontainerError(error)) return null
    throw error
  }
}
