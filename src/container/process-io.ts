// Owns the descriptors that a process gets: their types and their check. Whether they are open is not asked: a start
// would say so.

import { refuseValue } from '../config/validate/values/refuse.ts'

/** A standard stream: lent for the start; an end of a pipe of ours, given to the process's user; or its own /dev/null. */
export type Stdio = { readonly kind: 'passed' | 'pipe'; readonly fd: number } | { readonly kind: 'null' }

export interface ProcessIo {
  readonly stdio: readonly [Stdio, Stdio, Stdio]
  /** Become 3, 4 and so on. Lent for the start. */
  readonly extraFiles: readonly number[]
}

/** @throws ConfigInvalid */
export function validateIo(io: ProcessIo | undefined): ProcessIo {
  const { stdio, extraFiles } = io ?? {}
  if (!Array.isArray(stdio) || stdio.length !== 3 || !stdio.every(isStdio))
    refuseValue('io.stdio', 'three streams, each with its kind and its descriptor', stdio)
  if (!Array.isArray(extraFiles) || !extraFiles.every(isDescriptor))
    refuseValue('io.extraFiles', 'a list of descriptors', extraFiles)
  return io as ProcessIo
}

function isStdio(stream: Stdio | null | undefined): boolean {
  const kind = stream?.kind
  return (
    kind === 'null' ||
    ((kind === 'passed' || kind === 'pipe') && isDescriptor((stream as { fd: unknown }).fd))
  )
}

function isDescriptor(fd: unknown): boolean {
  return Number.isInteger(fd) && (fd as number) >= 0
}
