// Owns being the pid 1 of everything that our children leave when they are killed, so that a test sees every orphan.
// It must not take the end of a child that Node itself waits for.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import type { Kernel } from 'libcontainer/core'
import { PR_SET_CHILD_SUBREAPER, WEXITED, WNOHANG } from '../../src/abi/flags.ts'
import { syscall } from '../../src/system/syscall.ts'

const P_PID = 1
const INTERVAL_MS = 3

/** From now on orphans below this process become its children. */
export function adoptOrphans(kernel: Kernel): void {
  assert.equal(syscall(kernel, 'prctl', PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0)
}

/** Takes the end of every child that has ended but those, as pid 1 would. */
export function reapOrphans(kernel: Kernel, except: ReadonlySet<number | undefined> = new Set()): void {
  for (const pid of zombies()) {
    if (!except.has(pid)) syscall(kernel, 'waitid', P_PID, pid, null, WEXITED | WNOHANG, null)
  }
}

/** Reaps all the time: the first process of a pid namespace does not end before every other one in it was reaped. */
export async function whileReaping<T>(reap: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setInterval(reap, INTERVAL_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function zombies(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOurZombie(name))
    .map(Number)
}

function isOurZombie(pid: string): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' && Number(parent) === process.pid
  } catch {
    return false // It is gone.
  }
}
