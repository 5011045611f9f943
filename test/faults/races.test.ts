// Owns the promises about several programs with one state directory: of racing creates one wins, create and destroy
// and load and start may meet at any moment, and nothing is left and nothing fails in an unknown way.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Kind, type Life, live } from '../helpers/container-life.ts'
import { directoryOf, makePlace, type Place } from '../helpers/fault-subject.ts'
import { assertNothingLeft, type Expected, takeSnapshot } from '../helpers/leftovers.ts'
import { type Racer, race, startProcess, startThread } from '../helpers/racers.ts'
import { takeDown } from '../helpers/victims.ts'

const ROUNDS = 60
const CROWD = 20
const LIVES = 4
/** About as long as a start takes. */
const SPREAD_MS = 25

let kernel: Kernel
let place: Place
let racers: readonly Racer[]

before(async () => {
  kernel = nodeKernel()
  place = makePlace('races')
  // What the host keeps from its first start on.
  await live(kernel, lifeOf('first', 'small'))
  racers = await Promise.all([startProcess(), startProcess(), startProcess()])
})

after(() => Promise.all(racers.map((racer) => racer.stop())))

function lifeOf(id: string, kind: Kind): Life {
  const { name } = place.scope
  return { directory: directoryOf(place), name, id: `${name}_${id}`, kind, hostPid: 0 }
}

function expectNothing(): Expected {
  return { scope: place.scope, before: takeSnapshot(place.scope) }
}

for (const [what, start] of [
  ['processes', startProcess],
  ['threads', startThread],
] as const) {
  test(`${ROUNDS} creates of one id by three ${what}: one wins`, async (t) => {
    const three = await Promise.all([start(), start(), start()])
    const expected = expectNothing()
    const wins = [0, 0, 0]
    const life = lifeOf('one', 'small')
    const create = { verb: 'create', life } as const
    for (let round = 0; round < ROUNDS; round++) {
      const results = await race(three, [create, create, create])
      assert.deepEqual(results.toSorted(), ['IdInUse', 'IdInUse', 'done'])
      const winner = results.indexOf('done')
      wins[winner] = (wins[winner] ?? 0) + 1
      // Not started, it is nobody's but the winner's.
      assert.equal(await takeDown(kernel, place, life.id), 'not there')
      await destroyBy(three[winner] as Racer, life)
      await assertNothingLeft(expected, `round ${round}`)
    }
    for (const racer of three) await racer.stop()
    t.diagnostic(`each won: ${wins.join(', ')}`)
  })
}

test(`${ROUNDS} creates against a destroy of the same id`, async (t) => {
  const expected = expectNothing()
  const life = lifeOf('again', 'small')
  const counts = { created: 0, refused: 0 }
  for (let round = 0; round < ROUNDS; round++) {
    const [maker, second, third] = racers as readonly [Racer, Racer, Racer]
    await race([maker], [{ verb: 'start', life }])
    const [destroyed, ...created] = await race(
      [maker, second, third],
      [
        { verb: 'destroy', life },
        { verb: 'create', life, delayMs: Math.random() * SPREAD_MS },
        { verb: 'create', life, delayMs: Math.random() * SPREAD_MS },
      ],
    )
    assert.equal(destroyed, 'done')
    for (const result of created) assert.match(result, /^(done|IdInUse)$/)
    assert.ok(created.filter((result) => result === 'done').length < 2, 'two hold one id')
    for (const [index, result] of created.entries()) {
      counts[result === 'done' ? 'created' : 'refused']++
      if (result === 'done') await destroyBy([second, third][index] as Racer, life)
    }
    await assertNothingLeft(expected, `round ${round}`)
  }
  t.diagnostic(`${counts.created} creates came after the destroy, ${counts.refused} before its end`)
})

test(`${ROUNDS} loads against a start of the same id`, async (t) => {
  const expected = expectNothing()
  const life = lifeOf('seen', 'small')
  const seen = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const [started, ...looks] = await race(racers, [
      { verb: 'start', life },
      { verb: 'look', life, delayMs: Math.random() * SPREAD_MS },
      { verb: 'look', life, delayMs: Math.random() * SPREAD_MS },
    ])
    assert.equal(started, 'done')
    for (const look of looks) {
      // A container that nobody has started yet is not there for others.
      assert.match(look, /^(ContainerNotExists|running)$/)
      seen.set(look, (seen.get(look) ?? 0) + 1)
    }
    await destroyBy(racers[1] as Racer, life)
    await assertNothingLeft(expected, `round ${round}`)
  }
  t.diagnostic(`what the loads saw: ${[...seen].map(([what, count]) => `${what} ${count}`).join(', ')}`)
})

test(`${ROUNDS} destroys against a start of the same id`, async (t) => {
  const expected = expectNothing()
  const life = lifeOf('ended', 'small')
  const outcomes = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const [started = '', ...destroyed] = await race(racers, [
      { verb: 'start', life },
      { verb: 'destroy', life, delayMs: Math.random() * SPREAD_MS },
      { verb: 'destroy', life, delayMs: Math.random() * SPREAD_MS },
    ])
    assert.match(started, /^(done|ContainerNotExists)$/)
    for (const result of destroyed) assert.match(result, /^(done|ContainerNotExists)$/)
    const outcome = `start ${started}, destroys ${destroyed.toSorted().join(' ')}`
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    await destroyBy(racers[0] as Racer, life)
    await assertNothingLeft(expected, `round ${round}: ${outcome}`)
  }
  for (const [outcome, count] of outcomes) t.diagnostic(`${count} times: ${outcome}`)
})

test(`${CROWD} processes share a state directory`, async (t) => {
  const expected = expectNothing()
  const crowd = await Promise.all(Array.from({ length: CROWD }, startProcess))
  let lives = 0
  let refused = 0
  for (let round = 0; round < LIVES; round++) {
    // In the last round all want the same id.
    const idOf = (index: number): string => (round === LIVES - 1 ? 'wanted' : `crowd_${index}`)
    const kinds: readonly Kind[] = ['small', 'shared']
    const results = await race(
      crowd,
      crowd.map((_, index) => ({ verb: 'live', life: lifeOf(idOf(index), kinds[index % 2] as Kind) })),
    )
    for (const result of results) {
      if (round === LIVES - 1) assert.match(result, /^(done|IdInUse)$/)
      else assert.equal(result, 'done')
      if (result === 'done') lives++
      else refused++
    }
  }
  for (const racer of crowd) await racer.stop()
  await assertNothingLeft(expected, 'all of them')
  t.diagnostic(`${CROWD} processes lived ${lives} lives, ${refused} found their id in use`)
})

async function destroyBy(racer: Racer, life: Life): Promise<void> {
  const [result] = await race([racer], [{ verb: 'destroy', life }])
  assert.match(result ?? '', /^(done|ContainerNotExists)$/)
}
