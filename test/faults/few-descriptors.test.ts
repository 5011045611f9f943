// Owns the promise that a program that has run out of descriptors keeps none and leaves nothing: each kind of start
// under every limit, from one that lets nothing be opened to one that is enough.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isLibcontainerError, type Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { expectNothing, openSubjects, type Subject, type Subjects } from '../helpers/fault-starts.ts'
import { makePlace, type Place } from '../helpers/fault-subject.ts'
import { lowestFree, setDescriptorLimit } from '../helpers/few-descriptors.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft } from '../helpers/leftovers.ts'

const KINDS = 8

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('few')
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

for (let kind = 0; kind < KINDS; kind++) {
  test(`kind ${kind} of ${KINDS}: with too few descriptors`, async (t) => {
    const subject = subjects.all[kind] as Subject
    await liveWith(subject, null)
    const expected = expectNothing(place.scope, subject)
    let failures = 0
    for (let limit = lowestFree(); await liveWith(subject, limit); limit++) {
      await assertNothingLeft(expected, `${subject.name} with at most ${limit} descriptors`)
      failures++
    }
    await assertNothingLeft(expected, `${subject.name} with enough descriptors`)
    t.diagnostic(`${subject.name}: ${failures} limits were too low, nothing was left`)
    assert.ok(failures > 3, `${failures}`)
  })
}

/** @returns whether it failed */
async function liveWith(subject: Subject, limit: number | null): Promise<boolean> {
  const describe = (): string => `${subject.name} with at most ${limit} descriptors`
  const before = limit === null ? null : setDescriptorLimit(kernel, BigInt(limit))
  const failed = (error: unknown): null => {
    assert.ok(
      isLibcontainerError(error),
      `${describe()} gave ${error instanceof Error ? error.stack : error}`,
    )
    return null
  }
  try {
    const begun = await subject.begin(kernel).catch(failed)
    if (begun === null) return true
    const started = await inTime(begun.start().catch(failed), describe)
    if (before !== null) setDescriptorLimit(kernel, before)
    await inTime(begun.end(), describe)
    return started === null
  } finally {
    if (before !== null) setDescriptorLimit(kernel, before)
  }
}
