// Owns the library's side of the bench: one process of an engine, driven over a pipe, that makes containers in itself
// and tells the times. It uses the public entry, as any user would, but for the phases.

import { readdirSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import { type Container, Factory } from 'libcontainer'
import { COMMAND, containerConfig, ENVIRONMENT, IDLE_COMMAND } from './container.ts'
import { measurePhases } from './phases.ts'
import { median } from './results.ts'

const QUIET = { env: ENVIRONMENT, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' } as const

class Worker {
  readonly #factory: Factory
  readonly #rootfs: string
  readonly #hasLimits: boolean
  #held: Container | null = null

  constructor(factory: Factory, rootfs: string, hasLimits: boolean) {
    this.#factory = factory
    this.#rootfs = rootfs
    this.#hasLimits = hasLimits
  }

  async answer(request: string): Promise<object> {
    const [verb, ...numbers] = request.split(' ')
    const [first = 0, second = 0] = numbers.map(Number)
    switch (verb) {
      case 'start':
        return { times: await repeat(first, () => this.#start('start')) }
      case 'exec':
        return { times: await this.#exec(first) }
      case 'saturate':
        return this.#saturate(first, second)
      case 'idle':
        return this.#idle(first)
      case 'phases':
        return measurePhases(first, (name) => containerConfig(this.#rootfs, name, this.#hasLimits))
      default:
        throw new Error(`unknown request: ${request}`)
    }
  }

  async close(): Promise<void> {
    await this.#held?.destroy()
  }

  /** Of one container whose command ends at once. @returns milliseconds */
  async #start(name: string): Promise<number> {
    const begin = performance.now()
    const container = await this.#create(name)
    const process = await container.start({ args: [COMMAND], ...QUIET })
    const { status } = await process.wait()
    await container.destroy()
    if (status !== 0) throw new Error(`the container ended with ${status}`)
    return performance.now() - begin
  }

  #create(name: string): Promise<Container> {
    const id = `w${process.pid}_${name}`
    return this.#factory.create(id, containerConfig(this.#rootfs, id, this.#hasLimits))
  }

  async #exec(count: number): Promise<readonly number[]> {
    const container = this.#held ?? (await this.#create('held'))
    if (this.#held === null) await container.start({ args: IDLE_COMMAND, ...QUIET })
    this.#held = container
    return repeat(count, async () => {
      const begin = performance.now()
      const process = await container.start({ args: [COMMAND], ...QUIET })
      const { status } = await process.wait()
      if (status !== 0) throw new Error(`the process ended with ${status}`)
      return performance.now() - begin
    })
  }

  async #saturate(concurrency: number, seconds: number): Promise<object> {
    const begin = performance.now()
    const end = begin + seconds * 1000
    const loop = async (index: number): Promise<readonly number[]> => {
      const times: number[] = []
      while (performance.now() < end) times.push(await this.#start(`loop${index}`))
      return times
    }
    const times = await Promise.all(Array.from({ length: concurrency }, (_, index) => loop(index)))
    return { count: times.flat().length, seconds: (performance.now() - begin) / 1000 }
  }

  async #idle(count: number): Promise<object> {
    await repeat(20, () => this.#start('warm'))
    const before = readMemory()
    const containers: Container[] = []
    const starts = await repeat(count, async () => {
      const begin = performance.now()
      const container = await this.#create(`idle${containers.length}`)
      containers.push(container)
      await container.start({ args: IDLE_COMMAND, ...QUIET })
      return performance.now() - begin
    })
    const after = readMemory()
    const begin = performance.now()
    await Promise.all(containers.map((container) => container.destroy()))
    const destroyed = performance.now() - begin
    const left = readMemory()
    return {
      figures: {
        heapKB: (after.heap - before.heap) / count / 1024,
        rssKB: (after.rss - before.rss) / count / 1024,
        descriptors: (after.descriptors - before.descriptors) / count,
        descriptorsLeft: left.descriptors - before.descriptors,
        first50Ms: median(starts.slice(0, 50)),
        last50Ms: median(starts.slice(-50)),
        destroyAllMs: destroyed,
      },
    }
  }
}

async function repeat<T>(count: number, action: () => Promise<T>): Promise<readonly T[]> {
  const results: T[] = []
  for (let i = 0; i < count; i++) results.push(await action())
  return results
}

/** After a collection, where the engine lends us one: `--expose-gc`, or Bun. */
function readMemory(): { heap: number; rss: number; descriptors: number } {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc: (force: boolean) => void } }
  if (gc !== undefined) gc()
  else Bun?.gc(true)
  const { heapUsed, rss } = process.memoryUsage()
  return { heap: heapUsed, rss, descriptors: readdirSync('/proc/self/fd').length }
}

/** Answers requests until the standard input ends. */
export async function serve(rootfs: string, hasLimits: boolean): Promise<void> {
  const worker = new Worker(await Factory.open('/run/bench/library'), rootfs, hasLimits)
  for await (const line of createInterface({ input: process.stdin })) {
    const answer = await worker.answer(line).catch((error: unknown) => ({ error: String(error) }))
    process.stdout.write(`${JSON.stringify(answer)}\n`)
  }
  await worker.close()
}
