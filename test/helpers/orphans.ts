// Owns being the pid 1 of everything that our children leave when they are killed, so that a test sees every orphan.
// It must not take the end of a child that Node itself waits for: reap only while there is none.

import assert from 'node:assert/strict'
import type { Kernel } from 'libcontainer/core'
import { PR_SET_CHILD_SUBREAPER, WEXITED, WNOHANG } from '../../src/abi/flags.ts'
import { syscall } from '../../src/system/syscall.ts'

const P_ALL = 0

/** From now on orphans below this process become its children. */
export function adoptOrphans(kernel: Kernel): void {
  assert.equal(syscall(kernel, 'prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0)
}

/** Takes the end of every child that has ended, as pid 1 would. @returns how many */
export function reapOrphans(kernel: Kernel): number {
  for (let count = 0; ; count++) {
    const info = new Int32Array(32)
    const result = syscall(kernel, 'waitid', P_ALL, 0, new Uint8Array(info.buffer), WEXITED | WNOHANG, null)
    if (result < 0 || info[0] === 0) return count
  }
}
