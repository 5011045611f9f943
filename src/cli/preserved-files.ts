// Owns which descriptors of the caller a process gets beside the standard streams: those of socket activation
// (sd_listen_fds(3)), then as many as --preserve-fds says. All are the caller's, and none is one of ours.

import { type Kernel, LibcontainerError, syscall } from '../core.ts'
import { readVariable } from './environment.ts'
import { usageError } from './options.ts'

export const PRESERVE_FDS_OPTION = {
  value: 'N',
  help: 'hand on N descriptors of the caller, from 3 on, or from where those of $LISTEN_FDS end',
} as const

export interface PreservedFiles {
  /** They become 3, 4 and so on. */
  readonly fds: readonly number[]
  /** What tells the process of them. */
  readonly env: readonly string[]
}

const FIRST = 3
const F_GETFD = 1
const FD_CLOEXEC = 1

/** @param wanted the value of --preserve-fds @throws LibcontainerError ConfigInvalid */
export function preserveFiles(
  kernel: Kernel,
  env: readonly string[],
  wanted: string | undefined,
): PreservedFiles {
  if (wanted !== undefined && !/^\d{1,6}$/.test(wanted))
    throw usageError('--preserve-fds', `expected how many, got ${JSON.stringify(wanted)}`)
  const listening = countListening(kernel, env)
  const fds = Array.from({ length: listening + Number(wanted ?? 0) }, (_, index) => FIRST + index)
  for (const fd of fds) if (!isOfCaller(kernel, fd)) throw refuse(fd)
  return { fds, env: listening === 0 ? [] : [`LISTEN_FDS=${listening}`, 'LISTEN_PID=1'] }
}

/** As sd_listen_fds(3) has it: a caller that meant another process has its pid in the environment. */
function countListening(kernel: Kernel, env: readonly string[]): number {
  const count = readVariable(env, 'LISTEN_FDS')
  if (!/^\d{1,6}$/.test(count)) return 0
  return readVariable(env, 'LISTEN_PID') === String(syscall(kernel, 'getpid')) ? Number(count) : 0
}

/** What we open closes on exec; what the caller handed on does not, or would not have come here. */
function isOfCaller(kernel: Kernel, fd: number): boolean {
  const flags = syscall(kernel, 'fcntl', fd, F_GETFD)
  return flags >= 0 && (flags & FD_CLOEXEC) === 0
}

function refuse(fd: number): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'hand on',
    object: `descriptor ${fd}`,
    field: '--preserve-fds',
    reason: 'unable to stat preserved-fd: the caller has no such descriptor open',
  })
}
