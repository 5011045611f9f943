// Owns the promise that a start which init cannot finish leaves nothing: each op of each program of each kind of
// start is made to fail once, and the error names the step that it belongs to.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isLibcontainerError, type Kernel } from 'libcontainer/core'
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
import { assertNothingLeft, type Expected } from '../helpers/leftovers.ts'
import { countOps, failOp } from '../helpers/rewrite-program.ts'

/** All but a container that is only prepared. */
const KINDS = [0, 1, 2, 3, 4, 5, 7]

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('ops')
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

for (const kind of KINDS) {
  test(`kind ${kind}: every op fails once`, async (t) => {
    const subject = subjects.all[kind] as Subject
    const counts = (await recordPrograms(kernel, subject)).map(countOps)
    assert.deepEqual(
      counts,
      subject.programs.map((ops) => ops.length),
      'the plan is what is sent',
    )
    const expected = expectNothing(place.scope, subject)
    for (const [program, count] of counts.entries()) {
      for (let op = 0; op < count; op++) await failOnce(subject, program, op, expected)
    }
    const steps = subject.programs.map((ops) => new Set(ops.map(({ step }) => step)).size)
    t.diagnostic(
      `${subject.name}: ${counts.join(' + ')} ops of ${steps.join(' + ')} steps failed, nothing was left`,
    )
  })
}

async function failOnce(subject: Subject, program: number, op: number, expected: Expected): Promise<void> {
  const change = (bytes: Uint8Array, index: number): Uint8Array => {
    if (index === program) failOp(bytes, op, kernel.arch)
    return bytes
  }
  const planned = subject.programs[program]?.[op]
  const what = `op ${program}.${op} (${planned?.call}, "${planned?.step.label.name}") of ${subject.name}`
  const begun = await subject.begin(faultyKernel(kernel, { program: change }))
  const error: unknown = await begun.start().catch((reason: unknown) => reason)
  assert.ok(isLibcontainerError(error), `${what} gave ${error}`)
  const { code, step, errno, syscall } = error
  assert.deepEqual(
    { code, step, errno, syscall },
    { code: 'SystemError', step: planned?.step.label.name, errno: 'ENOSYS', syscall: planned?.call },
    what,
  )
  await assertNothingLeft(expected, what)
}
