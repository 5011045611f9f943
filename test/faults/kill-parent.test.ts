// Owns the promise that the death of the parent leaves nothing after one destroy by another process: SIGKILL before
// each call of a container's life, and while init is before each step.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Death, type Kind, type Life, live, stepPlaces } from '../helpers/container-life.ts'
import { openSubjects, type Subjects } from '../helpers/fault-starts.ts'
import { directoryOf, makePlace, type Place } from '../helpers/fault-subject.ts'
import { faultyKernel } from '../helpers/faulty-kernel.ts'
import { type Expected, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'
import { countOps } from '../helpers/rewrite-program.ts'
import { bundleVictim, runBatch } from '../helpers/victims.ts'

const SIDE_BY_SIDE = 3

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('parent')
  adoptOrphans(kernel)
  bundleVictim()
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

const lifeOf = (kind: Kind, id: string = kind): Life => ({
  directory: directoryOf(place),
  name: place.scope.name,
  id: `${place.scope.name}_${id}`,
  kind,
  hostPid: subjects.hostPid,
})

/** Of one kind every call; of the others, which make the same calls for the most part, a sample. */
const SAMPLES = [
  ['plain', 1],
  ['user', 4],
  ['fork', 3],
  ['shared', 4],
  ['prepared', 1],
  ['hooks', 8],
  ['terminal', 6],
] as const

for (const [kind, every] of SAMPLES) {
  test(`the parent dies before ${every === 1 ? 'every call' : `one call of ${every}`}: ${kind}`, async (t) => {
    const { calls } = await measure(kind)
    const deaths = Array.from({ length: Math.ceil(calls / every) }, (_, index) => ({ call: index * every }))
    const destroyed = await dieAll(kind, deaths)
    t.diagnostic(
      `${kind}: the parent died before ${deaths.length} of ${calls} calls, ${destroyed} containers were destroyed`,
    )
    assert.ok(destroyed > deaths.length / 3, `${destroyed} of ${deaths.length}`)
  })
}

for (const [kind, stop] of [
  ['plain', 'wait'],
  ['user', 'pause'],
  ['fork', 'wait'],
  ['fork', 'pause'],
] as const) {
  test(`the parent dies while init is before every step, ${stop}: ${kind}`, async (t) => {
    const { programs } = await measure(kind)
    const first = await stepPlaces(kernel, lifeOf(kind))
    // The programs of the later process are the last three.
    const later = programs.flatMap((count, program) =>
      program < programs.length - 3 ? [] : Array.from({ length: count }, (_, op) => ({ program, op })),
    )
    const places = [...first, ...later.filter((_, index) => index % 8 === 0)]
    const destroyed = await dieAll(
      kind,
      places.map((place) => ({ ...place, stop })),
    )
    t.diagnostic(
      `${kind}: init was before ${first.length} steps and ${places.length - first.length} other ops, ${destroyed} containers were destroyed`,
    )
    assert.ok(first.length > 10 && destroyed > places.length / 2, `${destroyed} of ${places.length}`)
  })
}

/** A life without a death: its calls, and the ops of each program. */
async function measure(
  kind: Kind,
): Promise<{ readonly calls: number; readonly programs: readonly number[] }> {
  let calls = 0
  const programs: number[] = []
  const counting = faultyKernel(kernel, {
    call: () => {
      calls++
      return undefined
    },
    program: (bytes) => {
      programs.push(countOps(bytes))
      return bytes
    },
  })
  await live(counting, lifeOf(kind))
  return { calls, programs }
}

/** @returns how many containers were there to be destroyed */
async function dieAll(kind: Kind, deaths: readonly Death[]): Promise<number> {
  const expected: Expected = {
    scope: place.scope,
    before: takeSnapshot(place.scope),
    reap: () => reapOrphans(kernel),
  }
  let destroyed = 0
  for (let at = 0; at < deaths.length; at += SIDE_BY_SIDE) {
    const orders = deaths
      .slice(at, at + SIDE_BY_SIDE)
      .map((death, index) => ({ life: lifeOf(kind, `${kind}_${at + index}`), death }))
    const found = await runBatch({ kernel, place, expected }, orders)
    destroyed += found.filter((what) => what === 'destroyed').length
  }
  return destroyed
}
