// Owns finding out to whom a file belongs.

import { type Kernel, readText, syscall } from '../core.ts'

const AT_FDCWD = -100
/** STATX_UID, and where struct statx has the answer (linux/stat.h). */
const STATX_UID = 8
const STX_UID = 20
const STATX_BYTES = 256

/** The name of the owner, or `#` and the number where it has none; '' when the file is gone. */
export function ownerOf(kernel: Kernel, path: string): string {
  const bytes = new Uint8Array(STATX_BYTES)
  if (syscall(kernel, 'statx', AT_FDCWD, path, 0, STATX_UID, bytes) < 0) return ''
  const uid = new DataView(bytes.buffer).getUint32(STX_UID, true)
  return nameOf(kernel, uid) ?? `#${uid}`
}

function nameOf(kernel: Kernel, uid: number): string | undefined {
  return new RegExp(`^([^:\\n]+):[^:\\n]*:${uid}:`, 'm').exec(readText(kernel, '/etc/passwd'))?.[1]
}
