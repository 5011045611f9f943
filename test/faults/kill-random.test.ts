// Owns the promise of the tests beside it at moments that nobody chose: programs that make and destroy containers all
// the time are killed, several at once, and one load and destroy of what they were at leaves nothing.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoreFactory, type Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type Kind, live } from '../helpers/container-life.ts'
import { directoryOf, makePlace, type Place } from '../helpers/fault-subject.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans, whileReaping } from '../helpers/orphans.ts'
import { bundleVictim, endOf, startVictim, takeDown } from '../helpers/victims.ts'

const KILLS = 200
const SIDE_BY_SIDE = 5
/** A few lives long. */
const MAX_DELAY_MS = 120
const KINDS: readonly Kind[] = ['small', 'shared', 'plain', 'user', 'prepared', 'hooks', 'terminal']

let kernel: Kernel
let place: Place

before(() => {
  kernel = nodeKernel()
  place = makePlace('random')
  adoptOrphans(kernel)
  bundleVictim()
})

test(`${KILLS} programs are killed at random moments`, async (t) => {
  const { scope } = place
  // What the host keeps from its first start on.
  await live(kernel, {
    directory: directoryOf(place),
    name: scope.name,
    id: scope.name,
    kind: 'small',
    hostPid: 0,
  })
  const alive = new Set<number | undefined>()
  const reap = (): void => reapOrphans(kernel, alive)
  const expected = { scope, before: takeSnapshot(scope), reap }
  const counts = { destroyed: 0, 'not there': 0, rounds: 0 }
  for (let kill = 0; kill < KILLS; kill += SIDE_BY_SIDE) {
    const victims = Array.from({ length: SIDE_BY_SIDE }, (_, index) => killOne(kill + index, alive))
    for (const { found, rounds } of await whileReaping(reap, () => Promise.all(victims))) {
      for (const what of found) counts[what]++
      counts.rounds += rounds
    }
    await assertNothingLeft(expected, `${SIDE_BY_SIDE} kills, the last one number ${kill + SIDE_BY_SIDE}`)
  }
  t.diagnostic(
    `${KILLS} kills after ${counts.rounds} whole lives: ${counts.destroyed} containers were destroyed`,
  )
  assert.ok(counts.destroyed > 0, JSON.stringify(counts))
})

interface Killed {
  readonly found: readonly ('destroyed' | 'not there')[]
  /** Lives that it had brought to their end. */
  readonly rounds: number
}

async function killOne(number: number, alive: Set<number | undefined>): Promise<Killed> {
  const kind = KINDS[number % KINDS.length] as Kind
  const id = `${place.scope.name}_${number}`
  const life = { directory: directoryOf(place), name: place.scope.name, id, kind, hostPid: 0 }
  const victim = startVictim({ life, death: null })
  alive.add(victim.pid)
  const end = endOf(victim)
  await new Promise((resolve) => victim.stdout?.once('data', resolve))
  await sleep(Math.random() * MAX_DELAY_MS)
  victim.kill('SIGKILL')
  assert.equal(await end, 'SIGKILL')
  alive.delete(victim.pid)
  const ids = (await CoreFactory.open(kernel, place.root).list()).filter((name) => name.startsWith(`${id}_`))
  assert.ok(ids.length < 2, `it was at one container at a time, not at ${ids.join(', ')}`)
  const found: Killed['found'][number][] = []
  for (const left of ids) found.push(await takeDown(kernel, place, left))
  return { found, rounds: Number(ids[0]?.slice(id.length + 1) ?? 0) }
}
