// Owns extended attributes (xattr(7)) of paths of the host that we trust. Links are never followed: an attribute of a
// link is its own.

import { ERRNO } from '../abi/errno.ts'
import { LibcontainerError } from '../errors.ts'
import type { Kernel } from './kernel.ts'
import { checked, syscall, systemError } from './syscall.ts'

/** XATTR_SIZE_MAX, XATTR_LIST_MAX (include/uapi/linux/limits.h). */
const MAX_BYTES = 65536
/** Nearly all are shorter. */
const FIRST_BYTES = 256

/** The value of an attribute such as `user.mime_type`; null when there is none of that name. @throws ConfigInvalid, SystemError */
export function readXattr(kernel: Kernel, path: string, name: string): Uint8Array | null {
  refuseNoText({ path, name })
  const read = (buffer: Uint8Array): number => syscall(kernel, 'lgetxattr', path, name, buffer, buffer.length)
  const value = readWhole(read)
  if (value === -ERRNO.ENODATA) return null
  if (typeof value !== 'number') return value
  throw systemError(value, 'lgetxattr', {
    action: `read the attribute ${JSON.stringify(name)} of`,
    object: path,
  })
}

/** The names of all attributes that the caller may see, in the kernel's order. @throws ConfigInvalid, SystemError */
export function readXattrNames(kernel: Kernel, path: string): readonly string[] {
  refuseNoText({ path })
  const names = readWhole((buffer) => syscall(kernel, 'llistxattr', path, buffer, buffer.length))
  if (typeof names === 'number')
    throw systemError(names, 'llistxattr', { action: 'list the attributes of', object: path })
  return kernel
    .decodeText(names)
    .split('\0')
    .filter((name) => name !== '')
}

/** Sets an attribute, whether it is there or not. @throws ConfigInvalid; SystemError, `ENOTSUP` where the file system has none */
export function writeXattr(kernel: Kernel, path: string, name: string, value: Uint8Array): void {
  refuseNoText({ path, name })
  if (!(value instanceof Uint8Array)) throw refuse('value', 'expected bytes, as a Uint8Array')
  const attempt = { action: `write the attribute ${JSON.stringify(name)} of`, object: path }
  checked(syscall(kernel, 'lsetxattr', path, name, value, value.length, 0), 'lsetxattr', attempt)
}

/** Anything else than a text would go to the kernel as an address. */
function refuseNoText(texts: Readonly<Record<string, unknown>>): void {
  for (const [field, text] of Object.entries(texts))
    if (typeof text !== 'string' || text === '' || text.includes('\0'))
      throw refuse(field, 'expected a text that is not empty, without NUL')
}

function refuse(field: string, reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'ConfigInvalid', action: `use ${field}`, field, reason })
}

/** What a call fills a buffer with, at a second try in the largest that there can be. */
function readWhole(read: (buffer: Uint8Array) => number): Uint8Array | number {
  for (const size of [FIRST_BYTES, MAX_BYTES]) {
    const buffer = new Uint8Array(size)
    const length = read(buffer)
    if (length === -ERRNO.ERANGE && size === FIRST_BYTES) continue
    return length < 0 ? length : buffer.slice(0, length)
  }
  return -ERRNO.ERANGE
}
