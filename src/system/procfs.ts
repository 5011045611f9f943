// Owns what we read about processes from the host's /proc. A process is known by pid and start time, never by pid
// alone (DESIGN 6, invariant 6).

import { SIGNALS } from '../abi/signals.ts'
import { readTextIfExists } from './files.ts'
import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessIdentity {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat, as decimal text. */
  readonly startTime: string
}

export interface ProcessStat extends ProcessIdentity {
  /** `R` `S` `D` `Z` `X` ... (proc(5)). */
  readonly state: string
  /** Whether it is on its way out, though it may still wait for others (PF_EXITING, include/linux/sched.h). */
  readonly isEnding: boolean
}

const PF_EXITING = 4
const KILLED = 1 << (SIGNALS.SIGKILL - 1)

/** What /proc/PID/stat says of a process, or null when there is none with that pid. */
export function readProcessStat(kernel: Kernel, pid: number): ProcessStat | null {
  const text = readTextIfExists(kernel, `/proc/${pid}/stat`)
  if (text === null) return null
  // The name may hold blanks and parentheses: fields are counted from the last one that closes.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const isEnding = (Number(fields[6]) & PF_EXITING) !== 0
  return { pid, state: fields[0] ?? '', startTime: fields[19] ?? '', isEnding }
}

/** Whether that very process runs; a zombie does not. */
export function isProcessAlive(kernel: Kernel, process: ProcessIdentity): boolean {
  const stat = readProcessStat(kernel, process.pid)
  return stat !== null && stat.startTime === process.startTime && stat.state !== 'Z' && stat.state !== 'X'
}

/** Whether a process is gone, on its way out, or killed and has not heard of it yet (SigPnd of proc_pid_status(5)). */
export function isProcessEnding(kernel: Kernel, pid: number): boolean {
  // The signal first: a process that takes it between the two looks is then seen to be on its way out.
  const pending = /^SigPnd:\s*\w*(\w{4})$/m.exec(readTextIfExists(kernel, `/proc/${pid}/status`) ?? '')?.[1]
  if (pending === undefined || (Number.parseInt(pending, 16) & KILLED) !== 0) return true
  return readProcessStat(kernel, pid)?.isEnding !== false
}

/** The calling process. */
export function readOwnIdentity(kernel: Kernel): ProcessIdentity {
  const pid = syscall(kernel, 'getpid')
  return readProcessStat(kernel, pid) ?? { pid, startTime: '' }
}

/** The pid of a process as it sees it itself: in the innermost pid namespace that it is in. 0 when it is gone. */
export function readPidInside(kernel: Kernel, pid: number): number {
  const text = readTextIfExists(kernel, `/proc/${pid}/status`) ?? ''
  return Number(/^NSpid:.*?(\d+)$/m.exec(text)?.[1] ?? 0)
}

/** The cgroup paths of a process by controller (`''` for v2, `name=systemd` for a named hierarchy). */
export function parseCgroupFile(text: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>()
  for (const line of text.split('\n')) {
    const begin = line.indexOf(':') + 1
    const end = begin === 0 ? -1 : line.indexOf(':', begin)
    if (end < 0) continue
    const path = line.slice(end + 1)
    for (const controller of line.slice(begin, end).split(',')) paths.set(controller, path)
  }
  return paths
}
