// Owns making descriptors few for this very process. The limit before must be set again: who does not cannot open a file.

import { readdirSync } from 'node:fs'
import type { Kernel } from 'libcontainer/core'
import { checked, syscall } from '../../src/system/syscall.ts'

const RLIMIT_NOFILE = 7

/** With this limit nothing can be opened. */
export function lowestFree(): number {
  const used = new Set(readdirSync('/proc/self/fd').map(Number))
  let free = 0
  while (used.has(free)) free++
  return free
}

/** @returns the soft limit before */
export function setDescriptorLimit(kernel: Kernel, soft: bigint): bigint {
  const pair = new BigUint64Array(2)
  const bytes = new Uint8Array(pair.buffer)
  checked(syscall(kernel, 'prlimit64', 0, RLIMIT_NOFILE, null, bytes), 'prlimit64', {
    action: 'read the limit',
  })
  const before = pair[0] as bigint
  pair[0] = soft
  checked(syscall(kernel, 'prlimit64', 0, RLIMIT_NOFILE, bytes, null), 'prlimit64', {
    action: 'set the limit',
  })
  return before
}
