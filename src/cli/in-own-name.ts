// Owns the name by which help and version speak of this program: runc's where it was called by that, as callers of
// runc look for it there. What it really is stands below.

import type { Kernel } from '../core.ts'

const AT_FDCWD = -100
const LIMIT_BYTES = 4 << 20

/** @param text about runt; paths that have its name keep it */
export function inOwnName(kernel: Kernel, text: string): string {
  const words = kernel.readFile(AT_FDCWD, '/proc/self/cmdline', 0, LIMIT_BYTES)
  // Without /proc it is itself.
  if (typeof words === 'number' || !/^([^\0]*\/)?runc\0/.test(kernel.decodeText(words))) return text
  return `${text.replace(/(?<!\/)\brunt\b/g, 'runc')}this is runt, called by the name of runc\n`
}
