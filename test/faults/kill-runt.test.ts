// Owns the promise that runt may be killed at any moment: SIGKILL into create, start, run, exec and delete after a random
// time, then one delete --force, and nothing is left of the container.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { writeConfig } from '../helpers/bundle.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans, whileReaping } from '../helpers/orphans.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const ROUNDS = 60
/** The time in which the first is killed; the others sooner or later, as it was through before that or not. */
const FIRST_SPAN_MS = 15
const SOONER = 0.8
const LATER = 1.1

const scene = new RuntScene('kill')
const scope = { root: scene.root, name: scene.name }
const kernel = nodeKernel()
before(() => {
  if (skip === false) adoptOrphans(kernel)
})

/** Where the id goes, if not at the end. */
const ID = ''
const bundle = ['--bundle', scene.bundle] as const

/** What is killed, and what must have been done before. */
const VICTIMS: readonly {
  readonly name: string
  readonly before: readonly string[][]
  readonly args: string[]
}[] = [
  { name: 'create', before: [], args: ['create', ...bundle] },
  { name: 'start', before: [['create', ...bundle]], args: ['start'] },
  { name: 'run', before: [], args: ['run', ...bundle] },
  { name: 'run in the background', before: [], args: ['run', '--detach', ...bundle] },
  { name: 'exec', before: [['run', '--detach', ...bundle]], args: ['exec', ID, 'sleep', '1000'] },
  { name: 'delete', before: [['run', '--detach', ...bundle]], args: ['delete', '--force'] },
]

for (const { name, before: earlier, args } of VICTIMS)
  test(`${name} is killed ${ROUNDS} times`, { skip, timeout: 300_000 }, async (t) => {
    const alive = new Set<number | undefined>()
    const reap = (): void => reapOrphans(kernel, alive)
    const expected = { scope, before: takeSnapshot(scope), reap }
    let killed = 0
    let spanMs = FIRST_SPAN_MS
    for (let round = 0; round < ROUNDS; round++) {
      const id = `${scene.name}-${round}`
      writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}` })
      for (const command of earlier) assert.equal(await endOf(start(command, id)), 0)
      const delayMs = Math.random() * spanMs
      const victim = start(args, id)
      alive.add(victim.pid)
      const end = endOf(victim)
      await sleepExactly(delayMs)
      victim.kill('SIGKILL')
      const wasKilled = (await whileReaping(reap, () => end)) === 'SIGKILL'
      if (wasKilled) killed++
      spanMs *= wasKilled ? LATER : SOONER
      if (spanMs > FIRST_SPAN_MS) spanMs = FIRST_SPAN_MS
      alive.delete(victim.pid)
      const remover = start(['delete', '--force'], id)
      alive.add(remover.pid)
      assert.equal(await whileReaping(reap, () => endOf(remover)), 0)
      alive.delete(remover.pid)
      await assertNothingLeft(expected, `${name} was killed after ${delayMs} ms, and delete --force`)
    }
    t.diagnostic(
      `${name} was killed in ${killed} of ${ROUNDS} rounds, in the end within ${spanMs.toFixed(1)} ms`,
    )
    assert.ok(killed > 0)
  })

/** A timer takes a whole millisecond at least, in which a command of a fast machine may be through. */
async function sleepExactly(milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds
  if (milliseconds > 2) await sleep(milliseconds - 2)
  while (performance.now() < end);
}

function start(command: readonly string[], id: string): ChildProcess {
  const args = command.includes(ID) ? command.map((word) => word || id) : [...command, id]
  return spawn(scene.path, ['--root', scene.root, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function endOf(child: ChildProcess): Promise<NodeJS.Signals | number | null> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)))
}
