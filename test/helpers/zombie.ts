// Owns waiting for a child that has ended and whose end nobody has taken. The event loop never turns meanwhile, as it
// would take it.

import assert from 'node:assert/strict'
import type { Kernel } from 'libcontainer/core'
import { readProcessStat } from '../../src/system/procfs.ts'

const INTERVAL_MS = 1
const pause = new Int32Array(new SharedArrayBuffer(4))

/** Blocks the thread until the child is a zombie. */
export function blockUntilZombie(kernel: Kernel, pid: number): void {
  for (;;) {
    const stat = readProcessStat(kernel, pid)
    assert.ok(stat !== null, `somebody took the end of process ${pid}`)
    if (stat.state === 'Z') return
    Atomics.wait(pause, 0, 0, INTERVAL_MS)
  }
}
