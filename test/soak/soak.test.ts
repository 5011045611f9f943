// Owns the promise that a program may make containers for years: after many of them in one process, everything that
// it holds is what it held before. `npm run soak` makes 10,000; the usual run makes 300.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Factory } from 'libcontainer'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { makeRootfs, removeTree } from '../helpers/rootfs.ts'
import { LIVES, type Life, liveOnce } from '../helpers/soak-lives.ts'

const CONTAINERS = Number(process.env.SOAK_CONTAINERS ?? 300)
const SIDE_BY_SIDE = 8
/** What the host and the engine keep from their first containers on is there after so many. */
const WARM_UP = 160
const SAMPLES = 20
/** Live objects that stay, for each container of the second half; a few hundred containers are too few to tell. */
const MAX_SLOPE_BYTES = CONTAINERS >= 5000 ? 128 : 8192

interface Sample {
  readonly done: number
  readonly heapBytes: number
  readonly residentBytes: number
  /** Timers, sockets, requests: what keeps a program from ending. */
  readonly handles: number
  readonly descriptors: number
}

function collectGarbage(): void {
  if (process.versions.bun !== undefined) {
    ;(globalThis as unknown as { Bun: { gc(force: boolean): void } }).Bun.gc(true)
    return
  }
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
}

function takeSample(done: number): Sample {
  collectGarbage()
  return {
    done,
    heapBytes: process.memoryUsage().heapUsed,
    residentBytes: Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024,
    handles: process.getActiveResourcesInfo?.().length ?? 0,
    descriptors: Number(/FDSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]),
  }
}

/** Of the straight line through all samples, by least squares. */
function slopeOf(samples: readonly Sample[], of: (sample: Sample) => number): number {
  const mean = (value: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + value(sample), 0) / samples.length
  const [x, y] = [mean(({ done }) => done), mean(of)]
  const over = samples.reduce((sum, sample) => sum + (sample.done - x) * (of(sample) - y), 0)
  return over / samples.reduce((sum, { done }) => sum + (done - x) ** 2, 0)
}

test(`${CONTAINERS} containers in one process leave what was there before`, {
  skip: process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged',
  timeout: 60 * 60_000,
}, async (t) => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'soak-')))
  const rootfs = join(directory, 'rootfs')
  mkdirSync(rootfs)
  makeRootfs(rootfs)
  const scope = { root: join(directory, 'state'), name: `soak_${process.pid}` }
  const factory = await Factory.open(scope.root)
  let made = 0
  const liveMany = async (count: number): Promise<void> => {
    const end = made + count
    const worker = async (): Promise<void> => {
      while (made < end) {
        const number = made++
        await liveOnce(factory, rootfs, `${scope.name}_${number}`, LIVES[number % LIVES.length] as Life)
      }
    }
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, worker))
  }
  try {
    await liveMany(WARM_UP)
    collectGarbage()
    const before = takeSnapshot(scope)
    const samples = [takeSample(0)]
    const began = performance.now()
    for (let round = 1; round <= SAMPLES; round++) {
      const done = Math.round((CONTAINERS * round) / SAMPLES)
      await liveMany(done - (samples.at(-1)?.done ?? 0))
      samples.push(takeSample(done))
    }
    const seconds = (performance.now() - began) / 1000
    await assertNothingLeft({ scope, before }, `${CONTAINERS} containers`)
    report(t, samples, seconds)
    const [first, last] = [samples[0] as Sample, samples.at(-1) as Sample]
    assert.equal(last.handles, first.handles, 'handles')
    assert.ok(last.descriptors <= first.descriptors, 'room for descriptors')
    const slope = slopeOf(samples.slice(samples.length >> 1), ({ heapBytes }) => heapBytes)
    assert.ok(slope < MAX_SLOPE_BYTES, `the live heap grows by ${slope.toFixed(0)} bytes a container`)
  } finally {
    removeTree(directory)
  }
})

/** How a figure moves over all samples, and over the second half of them, when caches are full. */
function describe(name: string, samples: readonly Sample[], of: (sample: Sample) => number): string {
  const mega = (sample: Sample | undefined): string => (of(sample as Sample) / 2 ** 20).toFixed(1)
  const middle = samples.length >> 1
  const [all, late] = [slopeOf(samples, of), slopeOf(samples.slice(middle), of)]
  const course = [samples[0], samples[middle], samples.at(-1)].map(mega).join(', ')
  return `${name} ${course} MiB (${all.toFixed(0)} bytes a container, in the second half ${late.toFixed(0)})`
}

function report(t: { diagnostic(text: string): void }, samples: readonly Sample[], seconds: number): void {
  const last = samples.at(-1) as Sample
  t.diagnostic(`${last.done} containers in ${seconds.toFixed(0)} s, ${SIDE_BY_SIDE} at a time`)
  t.diagnostic(describe('live heap', samples, ({ heapBytes }) => heapBytes))
  t.diagnostic(describe('resident', samples, ({ residentBytes }) => residentBytes))
  t.diagnostic(`handles ${samples[0]?.handles} to ${last.handles}, room for ${last.descriptors} descriptors`)
}
