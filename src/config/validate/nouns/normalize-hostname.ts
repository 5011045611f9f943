// Owns the check of the names of a uts namespace.

import { refuseField } from '../values/refuse.ts'
import { filledTextAt } from '../values/scalar-at.ts'

/** __NEW_UTS_LEN (include/uapi/linux/utsname.h). */
const MAX_BYTES = 64

/** Reads a host or domain name: any text that fits, as sethostname(2) takes it. */
export function hostnameAt(value: unknown, at: string): string {
  const name = filledTextAt(value, at)
  // A unit of UTF-16 is three bytes at most.
  const bytes = name.length * 3 <= MAX_BYTES ? 0 : utf8Length(name)
  if (bytes > MAX_BYTES) refuseField(at, `the kernel has room for ${MAX_BYTES} bytes, and these are ${bytes}`)
  return name
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
