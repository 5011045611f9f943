// Owns a program that does one thing to a container when it is told to, at the moment that it is told: the other side
// of the race tests. As a process or as a thread; it must add no order of its own.

import { parentPort } from 'node:worker_threads'
import { type CoreContainer, CoreFactory, isLibcontainerError } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Life, live, withWish } from '../helpers/container-life.ts'

/**
 * - `create`; `start`: create and start.
 * - `destroy`: of the container that this racer made, else of a loaded one.
 * - `look`: load, and read the status.
 * - `live`: a whole life.
 */
export interface Task {
  readonly verb: 'create' | 'start' | 'destroy' | 'look' | 'live'
  readonly life: Life
  /** When to begin, in nanoseconds of the monotonic clock, as text. */
  readonly at: string
}

/** `done`, or the code of the error that the library gave (with its text, where the code is SystemError), or the text of any other. */
export type Result = string

class Racer {
  readonly #kernel = nodeKernel()
  /** What it made and has not destroyed. */
  readonly #made = new Map<string, CoreContainer>()

  run({ verb, life }: Task): Promise<Result> {
    if (verb === 'live') return live(this.#kernel, life).then(() => 'done')
    return withWish(life, async ({ root, id, config, spec, io }) => {
      const factory = CoreFactory.open(this.#kernel, root)
      if (verb === 'look') return (await factory.load(id)).status()
      if (verb === 'destroy') {
        const container = this.#made.get(id) ?? (await factory.load(id))
        this.#made.delete(id)
        await container.destroy()
      } else {
        const container = await factory.create(id, config)
        this.#made.set(id, container)
        if (verb === 'start') await container.start(spec, { io })
      }
      return 'done'
    })
  }
}

async function race(racer: Racer, task: Task): Promise<Result> {
  // Spinning, as a timer would be late by more than what is raced for.
  while (process.hrtime.bigint() < BigInt(task.at));
  return racer.run(task).catch((error: unknown) => {
    if (isLibcontainerError(error))
      return error.code === 'SystemError' ? `SystemError: ${error.message}` : error.code
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  })
}

const racer = new Racer()
const answer = (result: Result): void => {
  if (parentPort === null) process.send?.(result)
  else parentPort.postMessage(result)
}
const listen = (task: Task): void => void race(racer, task).then(answer)
if (parentPort === null) process.on('message', listen)
else parentPort.on('message', listen)
answer('ready')
