// Owns looking up system calls for seccomp filters, by name and by architecture. Facts of the kernel only; the calls
// that we make ourselves are in syscalls.ts.

import { SYSCALL_NAMES, SYSCALL_TABLES } from './syscall-table.gen.ts'

/** What seccomp_data.arch and the x32 bit tell apart on the machines that we run on. */
export type FilterArch = Exclude<keyof typeof SYSCALL_TABLES, 'armPrivate'>

/** Set in the number of every x32 call, whose architecture is otherwise that of x86_64. */
export const X32_SYSCALL_BIT = 0x4000_0000
/** Where the private numbers of arm begin: cacheflush and its like, far above all others. */
export const ARM_PRIVATE_BASE = 0xf_0000
/** In a table of numbers: there is no such call. */
export const NO_CALL = 0xffff

/** All names, in the order of their indexes. */
export function syscallNames(): readonly string[] {
  return SYSCALL_NAMES.split('\n')
}

/** The index of each name. Made once: a start with a profile asks three times for hundreds of them. */
export const SYSCALL_INDEXES: ReadonlyMap<string, number> = indexSyscalls()

function indexSyscalls(): ReadonlyMap<string, number> {
  const indexes = new Map<string, number>()
  const names = syscallNames()
  for (let index = 0; index < names.length; index++) indexes.set(names[index] as string, index)
  // Two names of one call of arm (arch/arm/include/uapi/asm/unistd.h).
  indexes.set('sync_file_range2', indexes.get('arm_sync_file_range') as number)
  return indexes
}

/** The name of a call by its number on an architecture, or null. For few look-ups. */
export function syscallName(arch: FilterArch, number: number): string | null {
  const index = SYSCALL_TABLES[arch].charCodeAt(number)
  return Number.isNaN(index) || index === NO_CALL ? null : (syscallNames()[index] ?? null)
}

/** What socketcall(2) of 32-bit x86 does, by its first argument (include/uapi/linux/net.h). */
export const SOCKETCALLS = [
  '',
  'socket',
  'bind',
  'connect',
  'listen',
  'accept',
  'getsockname',
  'getpeername',
  'socketpair',
  'send',
  'recv',
  'sendto',
  'recvfrom',
  'shutdown',
  'setsockopt',
  'getsockopt',
  'sendmsg',
  'recvmsg',
  'accept4',
  'recvmmsg',
  'sendmmsg',
] as const

/** What ipc(2) of 32-bit x86 does, by the low half of its first argument (include/uapi/linux/ipc.h). */
export const IPC_CALLS = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
} as const
