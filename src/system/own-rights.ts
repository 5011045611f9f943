// Owns the question who we are to the kernel: which ids, which rights, and over how much.

import { AT_FDCWD, STATX_BASIC_STATS } from '../abi/flags.ts'
import { STATX_INO, STATX_SIZE } from '../abi/structs.ts'
import { readText } from './files.ts'
import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

/** Bit of CAP_SYS_ADMIN in a capability mask (include/uapi/linux/capability.h). */
const SYS_ADMIN = 1n << 21n

/** uid_map of the initial user namespace, and of one that maps every id to itself. */
const WHOLE_MACHINE = /^\s*0\s+0\s+4294967295\s*$/

/** The inode of the initial user namespace, as every machine has it (include/linux/proc_ns.h). */
const PROC_USER_INIT_INO = 0xefff_fffd

export interface OwnRights {
  readonly uid: number
  readonly gid: number
  /** Has CAP_SYS_ADMIN in its user namespace. */
  readonly isAdministrator: boolean
  /** Signals that it ignores; they would survive execve. */
  readonly ignoredSignals: readonly number[]
}

/** The calling thread, from /proc/thread-self/status (proc_pid_status(5)). @throws SystemError without a /proc */
export function readOwnRights(kernel: Kernel): OwnRights {
  const text = readText(kernel, '/proc/thread-self/status')
  return {
    uid: syscall(kernel, 'geteuid'),
    gid: syscall(kernel, 'getegid'),
    isAdministrator: (maskOf(text, 'CapEff') & SYS_ADMIN) !== 0n,
    ignoredSignals: signalsOf(maskOf(text, 'SigIgn')),
  }
}

/** A line of hexadecimal digits; 0 where a kernel has none of that name. */
function maskOf(status: string, name: string): bigint {
  const line = `\n${name}:\t`
  const at = status.indexOf(line)
  if (at < 0) return 0n
  const start = at + line.length
  return BigInt(`0x${status.slice(start, status.indexOf('\n', start))}`)
}

/** Whether we are in the machine's own user namespace, so that our rights are over all of it (user_namespaces(7)). */
export function isInitialUserNamespace(kernel: Kernel): boolean {
  const words = new Uint32Array(STATX_SIZE / 4)
  const statx = new Uint8Array(words.buffer)
  const result = syscall(kernel, 'statx', AT_FDCWD, '/proc/self/ns/user', 0, STATX_BASIC_STATS, statx)
  if (result === 0 && words[STATX_INO / 4] === PROC_USER_INIT_INO) return true
  return WHOLE_MACHINE.test(readText(kernel, '/proc/self/uid_map'))
}

/** A row of /proc/self/gid_map: `size` groups from `containerId` on. */
export interface MappedGroups {
  readonly containerId: number
  readonly hostId: number
  readonly size: number
}

/** The groups that the user namespace that we are in maps. */
export function readOwnGroups(kernel: Kernel): readonly MappedGroups[] {
  const rows = readText(kernel, '/proc/self/gid_map').trim().split('\n')
  return rows.map((row) => {
    const [containerId = 0, hostId = 0, size = 0] = row.trim().split(/\s+/).map(Number)
    return { containerId, hostId, size }
  })
}

function signalsOf(mask: bigint): readonly number[] {
  const signals: number[] = []
  for (let bits = mask, signal = 1; bits > 0n; bits >>= 1n, signal++) if (bits & 1n) signals.push(signal)
  return signals
}
