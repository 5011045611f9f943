// Owns running racers (test/faults/racer.ts) against each other: processes or threads that wait for their tasks and
// begin them at the same moment. What may come of a race is the tests' affair.

import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Result, Task } from '../faults/racer.ts'

const PROGRAM = fileURLToPath(new URL('../faults/racer.js', import.meta.url))
/** For the tasks to be there before they begin. */
const LEAD_NANOS = 2_000_000n

export interface Racer {
  /** Sends a task. @returns what came of it */
  run(task: Task): Promise<Result>
  stop(): Promise<void>
}

/** A racer in a process of its own. */
export async function startProcess(): Promise<Racer> {
  const child: ChildProcess = fork(PROGRAM, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const answer = (): Promise<Result> =>
    new Promise((resolve, reject) => {
      child.once('message', (result) => resolve(String(result)))
      child.once('exit', () => reject(new Error('the racer has ended')))
    })
  const run = (task: Task): Promise<Result> => {
    child.send(task)
    return answer()
  }
  assert.equal(await answer(), 'ready')
  child.setMaxListeners(0)
  return {
    run,
    stop: async () => {
      const end = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await end
    },
  }
}

/** A racer in a thread of this process. */
export async function startThread(): Promise<Racer> {
  const worker = new Worker(PROGRAM)
  const answer = (): Promise<Result> => new Promise((resolve) => worker.once('message', resolve))
  assert.equal(await answer(), 'ready')
  return {
    run: (task) => {
      const result = answer()
      worker.postMessage(task)
      return result
    },
    stop: async () => void (await worker.terminate()),
  }
}

/** Lets each racer begin its task at the same moment, or so many milliseconds after the first. */
export async function race(
  racers: readonly Racer[],
  tasks: readonly (Omit<Task, 'at'> & { readonly delayMs?: number })[],
): Promise<readonly Result[]> {
  const start = process.hrtime.bigint() + LEAD_NANOS
  return Promise.all(
    tasks.map(({ verb, life, delayMs = 0 }, index) => {
      const at = start + BigInt(Math.round(delayMs * 1e6))
      return (racers[index] as Racer).run({ verb, life, at: String(at) })
    }),
  )
}
