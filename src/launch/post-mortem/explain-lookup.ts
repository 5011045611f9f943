// Owns the hint for a command that is there and may not be executed: what kind of file it is, and how it is mounted.
// Pure.

import { S_IFDIR, S_IFMT, S_IFREG } from '../../abi/flags.ts'
import { STATFS_FLAGS, STATFS_SIZE, STATX_MODE, STATX_SIZE } from '../../abi/structs.ts'

/** ST_NOEXEC and, without which the flags say nothing, ST_VALID (include/linux/statfs.h). */
const ST_NOEXEC = 0x8
const ST_VALID = 0x20

/** @param bytes struct statx, then struct statfs; zero where the kernel told nothing. @returns null for nothing known */
export function explainLookup(errno: string, bytes: Uint8Array): string | null {
  if (errno !== 'EACCES' || bytes.length < STATX_SIZE + STATFS_SIZE) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const mode = view.getUint16(STATX_MODE, true)
  const flags = view.getUint32(STATX_SIZE + STATFS_FLAGS, true)
  if (mode === 0) return 'permission denied: this user may not enter a directory above it'
  if ((mode & S_IFMT) === S_IFDIR) return 'permission denied: it is a directory'
  if ((mode & S_IFMT) !== S_IFREG) return 'permission denied: it is no regular file'
  if ((flags & (ST_NOEXEC | ST_VALID)) === (ST_NOEXEC | ST_VALID))
    return 'permission denied: it lies on a mount with noexec'
  const octal = (mode & 0o7777).toString(8).padStart(4, '0')
  return `permission denied: its mode ${octal} does not let this user execute it`
}
