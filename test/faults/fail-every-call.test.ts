// Owns the promise that a refusal of the kernel leaves nothing: every call that the parent makes, from opening the
// factory to the end of destroy, is refused once. A refused destroy may leave all to the next destroy.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isLibcontainerError, type Kernel } from 'libcontainer/core'
import { ERRNO } from '../../src/abi/errno.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import {
  expectNothing,
  openSubjects,
  recordPrograms,
  type Subject,
  type Subjects,
} from '../helpers/fault-starts.ts'
import { makePlace, type Place } from '../helpers/fault-subject.ts'
import { faultyKernel } from '../helpers/faulty-kernel.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft, type Expected } from '../helpers/leftovers.ts'

const KINDS = 8
/** One after another: which one it is must make no difference to what is left. */
const REFUSALS = [ERRNO.EIO, ERRNO.EMFILE, ERRNO.ENOMEM]

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('calls')
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

for (let kind = 0; kind < KINDS; kind++) {
  test(`kind ${kind} of ${KINDS}: every call is refused once`, async (t) => {
    const subject = subjects.all[kind] as Subject
    await recordPrograms(kernel, subject)
    const expected = expectNothing(place.scope, subject)
    const outcomes = new Map<Outcome, number>()
    let calls = 0
    for (let outcome: Outcome = 'passed over'; outcome !== 'not reached'; calls++) {
      outcome = await refuseOnce(subject, calls, expected)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
    const counts = [...outcomes].map(([outcome, count]) => `${outcome} ${count}`).join(', ')
    t.diagnostic(`${subject.name}: ${calls - 1} calls refused (${counts}), nothing was left`)
    assert.ok((outcomes.get('start') ?? 0) > 10, counts)
  })
}

/** Which part of a container's life the refusal ended. */
type Outcome = 'begin' | 'start' | 'end' | 'passed over' | 'not reached'

async function refuseOnce(subject: Subject, call: number, expected: Expected): Promise<Outcome> {
  let refused: string | null = null
  const refuse = (index: number, name: string): number | undefined => {
    if (index !== call) return undefined
    refused = name
    return -(REFUSALS[call % REFUSALS.length] as number)
  }
  const describe = (): string => `call ${call} (${refused}) of ${subject.name}`
  const outcome = await inTime(
    live(subject, faultyKernel(kernel, { call: refuse }), expected, describe),
    describe,
  )
  await assertNothingLeft(expected, `${describe()}, ${outcome}`)
  return refused === null ? 'not reached' : outcome
}

async function live(
  subject: Subject,
  faulty: Kernel,
  expected: Expected,
  describe: () => string,
): Promise<Outcome> {
  const failed = (error: unknown): null => {
    assert.ok(
      isLibcontainerError(error),
      `${describe()} gave ${error instanceof Error ? error.stack : error}`,
    )
    return null
  }
  const begun = await subject.begin(faulty).catch(failed)
  if (begun === null) return 'begin'
  if ((await begun.start().catch(failed)) === null) {
    // The id may be reserved still: its owner destroys the container, or starts it again.
    const state = `^\\+ state ${subject.id}(/state.json)?$`
    const allowed = new RegExp(
      [state, ...(expected.allowed === undefined ? [] : [expected.allowed.source])].join('|'),
    )
    await assertNothingLeft({ ...expected, allowed }, `${describe()}, start`)
    await begun.end()
    return 'start'
  }
  const ended = await begun.end().then(() => true, failed)
  if (ended === null) await begun.end()
  return ended === null ? 'end' : 'passed over'
}
