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

export function describeError(error: LibcontainerError): string {
  const { message, code, errno = '', syscall, object, reason, hint } = error
  const words = code === 'InvalidIdFormat' ? 'invalid container ID format' : WORDS[errno]
  const hinted = hint === undefined ? '' : ` (${hint})`
  // As runc says it, and as people search for it.
  if (syscall === 'execve' && object !== undefined && words !== undefined)
    return `${hookOf(error)}exec ${object}: ${words}${hinted}`
  if (hookOf(error) !== '') return `${hookOf(error)}${reason}${hinted}`
  return words === undefined || message.includes(words) ? message : `${message}: ${words}`
}
