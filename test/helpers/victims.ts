// Owns running victims (test/faults/victim.ts) and taking down what they leave, in the one way that a user has: open,
// load, destroy. It must not look for anything that those do not find.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import { CoreFactory, isLibcontainerError, type Kernel } from 'libcontainer/core'
import type { Order } from '../faults/victim.ts'
import type { Place } from './fault-subject.ts'
import type { Expected } from './leftovers.ts'
import { assertNothingLeft } from './leftovers.ts'
import { whileReaping } from './orphans.ts'

/** In the repository, as the victim looks for its addon from where it is. */
const BUNDLE = fileURLToPath(new URL('../../../build/faults/victim.mjs', import.meta.url))

/** Puts the victim into one file, which starts in half of the time. Once, before the first of them. */
export function bundleVictim(): void {
  const entryPoints = [fileURLToPath(new URL('../faults/victim.js', import.meta.url))]
  buildSync({
    entryPoints,
    outfile: BUNDLE,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
}

/** How a victim ended: by the signal, or all by itself. */
export type End = NodeJS.Signals | number

export function startVictim(order: Order): ChildProcess {
  return spawn(process.execPath, [BUNDLE, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Waits for the end, pipes included. */
export function endOf(victim: ChildProcess): Promise<End> {
  victim.stdout?.resume()
  return new Promise((resolve) => victim.once('close', (code, signal) => resolve(signal ?? code ?? -1)))
}

/** What the one load and destroy did. */
export type Found = 'destroyed' | 'not there'

/** One load, one destroy. @throws LibcontainerError for anything but a container that does not exist */
export async function takeDown(kernel: Kernel, place: Place, id: string): Promise<Found> {
  // A factory of its own for each, as another program would open it.
  const factory = CoreFactory.open(kernel, place.root)
  try {
    const container = await factory.load(id)
    await container.destroy()
    return 'destroyed'
  } catch (error) {
    if (isLibcontainerError(error) && error.code === 'ContainerNotExists') return 'not there'
    throw error
  }
}

export interface Batch {
  readonly kernel: Kernel
  readonly place: Place
  readonly expected: Expected
}

/** Runs victims side by side, takes down what they left, and expects nothing then. @returns for each, what was found */
export async function runBatch(
  { kernel, place, expected }: Batch,
  orders: readonly Order[],
): Promise<readonly Found[]> {
  const ends = await Promise.all(orders.map((order) => endOf(startVictim(order))))
  const found: Found[] = []
  const reap = (): void => expected.reap?.()
  for (const [index, order] of orders.entries()) {
    // A life may need a few calls less than the one that was measured.
    assert.ok(ends[index] === 'SIGKILL' || ends[index] === 0, `a victim ended with ${ends[index]}`)
    found.push(await whileReaping(reap, () => takeDown(kernel, place, order.life.id)))
  }
  const deaths = orders.map(({ life, death }) => `${life.kind} ${JSON.stringify(death)}`)
  await assertNothingLeft(expected, `the death of the parent of ${deaths.join(' and of ')}, and one destroy`)
  return found
}
