// Owns the words of an error for those who call runt: callers of runc look for what the C library says of an errno, and
// choose their own exit status by it (oci-runtimes-2026.md 1.7.17).

import type { LibcontainerError } from '../core.ts'

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EBUSY: 'device or resource busy',
  EEXIST: 'file exists',
  EFBIG: 'file too large',
  EINVAL: 'invalid argument',
  EISDIR: 'is a directory',
  ELOOP: 'too many levels of symbolic links',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'exec format error',
  ENOMEM: 'cannot allocate memory',
  ENOSPC: 'no space left on device',
  ENOTDIR: 'not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
  ESRCH: 'no such process',
}

/** What runc says that it was at; callers look for that. */
function hookOf({ step, field = '' }: LibcontainerError): string {
  const [, kind, index] = (step === 'run hook' && /^hooks\.(\w+)\[(\d+)\]$/.exec(field)) || []
  return kind === undefined ? '' : `error running ${kind} hook #${index}: `
}

/**
 * The whole, and for a command that execve refuses what is told of it where no person reads: in runc the process says
 * that itself, on a standard error that is its own, and adds nothing.
 */
export function describeError(error: LibcontainerError): [whole: string, brief?: string] {
  const { message, code, errno = '', syscall, object, reason, hint } = error
  const hook = hookOf(error)
  const words = code === 'InvalidIdFormat' ? 'invalid container ID format' : WORDS[errno]
  const hinted = hint === undefined ? '' : ` (${hint})`
  if (syscall === 'execve' && object !== undefined && words !== undefined) {
    // As people search for it.
    const line = `${hook}exec ${object}: ${words}`
    return hook === '' ? [line + hinted, line] : [line + hinted]
  }
  if (hook !== '') return [`${hook}${reason}${hinted}`]
  return [words === undefined || message.includes(words) ? message : `${message}: ${words}`]
}
