// Owns the order of runs: contenders take turns in random order, so that what the machine does meanwhile hits all of
// them alike. Back-to-back runs come in small blocks whose first ones don't count.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Contender } from './runtimes.ts'

export interface Schedule {
  /** How long turns go on; each contender has as many as every other, and at least `MIN_ROUNDS`. */
  readonly seconds: number
  /** Milliseconds before each run; 0 for blocks of back-to-back runs. */
  readonly gapMs: number
}

const MIN_ROUNDS = 5
/** Runs of a back-to-back block; the first ones settle what the contender before has left, and are thrown away. */
const BLOCK = 9
const SETTLING = 2
/** Lets the kernel end what the block before has left to it (network namespaces), milliseconds. */
const PAUSE_MS = 40

/** Milliseconds of each run, by contender. One that fails is out, and is told to `fail`. */
export async function interleave(
  contenders: readonly Contender[],
  { seconds, gapMs }: Schedule,
  fail: (contender: Contender, error: unknown) => void,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const times = new Map<Contender, number[]>(contenders.map((contender) => [contender, []]))
  const end = performance.now() + seconds * 1000
  for (let round = 0; round < MIN_ROUNDS || performance.now() < end; round++) {
    for (const contender of shuffled([...times.keys()])) {
      await sleep(gapMs === 0 ? PAUSE_MS : gapMs)
      try {
        const measured = await contender.measure(gapMs === 0 ? BLOCK : 1)
        times.get(contender)?.push(...measured.slice(gapMs === 0 ? SETTLING : 0))
      } catch (error) {
        fail(contender, error)
        times.delete(contender)
      }
    }
  }
  return new Map([...times].map(([{ name }, samples]) => [name, samples]))
}

export function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item)
}
