// Owns the promise that a start whose init is killed leaves nothing and says what happened: SIGKILL before each op of
// each program of each kind of start.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isLibcontainerError, type Kernel } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { syscall } from '../../src/system/syscall.ts'
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
import { countOps, insertStop, isSkippable } from '../helpers/rewrite-program.ts'

/** All but a container that is only prepared. */
const KINDS = [0, 1, 2, 3, 4, 5, 7, 8]
const SIGKILL = 9

let kernel: Kernel
let place: Place
let subjects: Subjects

before(async () => {
  kernel = nodeKernel()
  place = makePlace('init')
  subjects = await openSubjects(kernel, place)
})

after(() => subjects.close())

/** What came of it: init was stopped and killed; an earlier op had skipped the place; the process had been announced. */
type Outcome = 'killed' | 'skipped' | 'started'

for (const kind of KINDS) {
  test(`kind ${kind}: init is killed before every op`, async (t) => {
    const subject = subjects.all[kind] as Subject
    const programs = await recordPrograms(kernel, subject)
    const expected = expectNothing(place.scope, subject)
    const outcomes = { killed: 0, skipped: 0, started: 0 }
    for (const [index, bytes] of programs.entries()) {
      for (let op = 0; op < countOps(bytes); op++) {
        const outcome = await killOnce(subject, index, op, expected)
        const call = subject.programs[index]?.[op]?.call
        if (outcome === 'skipped') assert.ok(isSkippable(bytes, op), `op ${index}.${op} was not reached`)
        if (outcome === 'started') assert.equal(call, 'execve')
        outcomes[outcome]++
      }
    }
    t.diagnostic(
      `${subject.name}: init killed before ${outcomes.killed} ops, ${outcomes.skipped} were skipped`,
    )
    assert.ok(outcomes.killed > outcomes.skipped && outcomes.started > 0, JSON.stringify(outcomes))
  })
}

async function killOnce(subject: Subject, program: number, op: number, expected: Expected): Promise<Outcome> {
  const what = `init was killed before op ${program}.${op} of ${subject.name}`
  let killed = false
  const faulty = faultyKernel(kernel, {
    program: (bytes, index) => (index === program ? insertStop(bytes, op, 'wait', kernel.arch) : bytes),
    stopped: (pidfd) => {
      killed = syscall(kernel, 'pidfd_send_signal', pidfd, SIGKILL, null, 0) === 0 || killed
    },
  })
  const begun = await subject.begin(faulty)
  const starting = begun.start().catch((reason: unknown) => reason)
  const result = await inTime<unknown>(starting, () => what)
  if (typeof result === 'number') await begun.end()
  else {
    assert.ok(isLibcontainerError(result), `${what}, and gave ${result}`)
    assert.equal(result.code, 'SystemError')
    // Of a hook or a command, which is init until it is executed, the error is its own.
    assert.match(result.reason, /^(init was )?killed by SIGKILL$/, what)
    assert.ok(killed, what)
  }
  await assertNothingLeft(expected, what)
  if (!killed) return 'skipped'
  return typeof result === 'number' ? 'started' : 'killed'
}
