// Owns the promise that a start that is given up leaves nothing and says why it was given up: at every call of the
// parent, while init is before every step, and at random moments through the API of Node.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Factory } from 'libcontainer'
import type { Kernel } from 'libcontainer/core'
import { cancellationOf } from '../../src/node/cancellation.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { expectNothing, openSubjects, type Subject, type Subjects } from '../helpers/fault-starts.ts'
import { makePlace, type Place, smallConfig } from '../helpers/fault-subject.ts'
import { faultyKernel, type Hooks } from '../helpers/faulty-kernel.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft, type Expected, takeSnapshot } from '../helpers/leftovers.ts'
import { insertStop } from '../helpers/rewrite-program.ts'

/** All but a container that is only prepared. */
const KINDS = [0, 1, 2, 3, 4, 5, 7]
const RANDOM_STARTS = 60
const MAX_DELAY_MS = 15

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('abort')
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

for (const kind of KINDS) {
  test(`kind ${kind}: given up at every call and before every step`, async (t) => {
    const subject = subjects.all[kind] as Subject
    const begun = await subject.begin(kernel)
    await begun.start()
    await begun.end()
    const expected = expectNothing(place.scope, subject)
    let calls = 0
    while ((await giveUpAtCall(subject, calls, expected)) !== 'not reached') calls++
    let steps = 0
    for (const [program, ops] of subject.programs.entries()) {
      for (const [op, { step }] of ops.entries()) {
        if (step === ops[op - 1]?.step) continue
        await giveUpAtOp(subject, program, op, expected)
        steps++
      }
    }
    t.diagnostic(`${subject.name}: given up at ${calls} calls and before ${steps} steps, nothing was left`)
    assert.ok(calls > 20 && steps > 10)
  })
}

async function giveUpAtCall(subject: Subject, call: number, expected: Expected): Promise<Outcome> {
  const what = `giving up ${subject.name} at call ${call}`
  return giveUp(subject, expected, what, (abort) => ({
    call: (index) => {
      if (index === call) abort()
      return undefined
    },
  }))
}

async function giveUpAtOp(
  subject: Subject,
  program: number,
  op: number,
  expected: Expected,
): Promise<Outcome> {
  const what = `giving up ${subject.name} before op ${program}.${op}`
  return giveUp(subject, expected, what, (abort) => ({
    program: (bytes, index) => (index === program ? insertStop(bytes, op, 'wait', kernel.arch) : bytes),
    stopped: abort,
  }))
}

/** Whether the start was given up; or was over already; or the moment never came. */
type Outcome = 'given up' | 'too late' | 'not reached'

async function giveUp(
  subject: Subject,
  expected: Expected,
  what: string,
  hooks: (abort: () => void) => Hooks,
): Promise<Outcome> {
  const controller = new AbortController()
  const reason = new Error(what)
  const faulty = faultyKernel(
    kernel,
    hooks(() => controller.abort(reason)),
  )
  const begun = await subject.begin(faulty)
  const starting = begun.start(cancellationOf(controller.signal)).catch((error: unknown) => error)
  const result = await inTime<unknown>(starting, () => what)
  const aborted = controller.signal.aborted
  if (typeof result !== 'number') {
    assert.equal(result, reason, what)
    await assertNothingLeft(expected, what)
  }
  await inTime(begun.end(), () => `the end after ${what}`)
  await assertNothingLeft(expected, `${what}, and the end`)
  if (!aborted) return 'not reached'
  return typeof result === 'number' ? 'too late' : 'given up'
}

test(`${RANDOM_STARTS} starts are given up at random moments`, async (t) => {
  const factory = await Factory.open(place.root)
  const expected = { scope: place.scope, before: takeSnapshot(place.scope) }
  const counts = { 'given up': 0, 'too late': 0 }
  for (let number = 0; number < RANDOM_STARTS; number++) {
    const id = `${place.scope.name}_${number}`
    const container = await factory.create(id, smallConfig(place, id))
    const controller = new AbortController()
    const starting = container.start({
      args: ['sleep', '1000'],
      env: ['PATH=/bin'],
      signal: controller.signal,
    })
    // Settled before the delay is over: nobody must take it for unhandled.
    const result = starting.catch((error: unknown) => error)
    await sleep(Math.random() * MAX_DELAY_MS)
    controller.abort()
    const started = await result
    if (started === controller.signal.reason) counts['given up']++
    else {
      // It ran already: it was killed.
      const process = await starting
      assert.equal((await process.wait()).signal, 'SIGKILL')
      for (const stream of [process.stdin, process.stdout, process.stderr]) stream?.destroy()
      counts['too late']++
    }
    await container.destroy()
    await assertNothingLeft(expected, `start ${number}`)
  }
  t.diagnostic(`given up: ${counts['given up']}, killed after their start: ${counts['too late']}`)
})
