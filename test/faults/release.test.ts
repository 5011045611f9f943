// Owns the promise that a release which fails says so, and that the container can be released or destroyed then: every
// call of a release is refused once, every op behind the wait fails once, and who releases leaves in the middle.

import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import {
  type CoreContainer,
  CoreFactory,
  isLibcontainerError,
  type Kernel,
  type ProcessIo,
} from 'libcontainer/core'
import { ERRNO } from '../../src/abi/errno.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { GATE_GO } from '../../src/protocol/schema.ts'
import { closeFd } from '../../src/system/fd.ts'
import { connectAt } from '../../src/system/unix-socket.ts'
import { planPrograms } from '../helpers/fault-starts.ts'
import { FULL_PROCESS, makePlace, type Place, smallConfig } from '../helpers/fault-subject.ts'
import { faultyKernel } from '../helpers/faulty-kernel.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft, type Expected, takeSnapshot } from '../helpers/leftovers.ts'
import { failOp } from '../helpers/rewrite-program.ts'

let kernel: Kernel
let place: Place
let io: ProcessIo
const PROCESS = { ...FULL_PROCESS, cwd: '/' }
const id = (): string => `${place.scope.name}_release`

before(async () => {
  kernel = nodeKernel()
  place = makePlace('release')
  const nothing = { kind: 'passed', fd: openSync('/dev/null', 'r+') } as const
  io = { stdio: [nothing, nothing, nothing], extraFiles: [] }
  process.on('exit', () => closeSync(nothing.fd))
  // What the host keeps from its first start on.
  await (await prepare(kernel)).destroy()
})

async function prepare(faulty: Kernel): Promise<CoreContainer> {
  const container = await CoreFactory.open(faulty, place.root).create(id(), smallConfig(place, id()))
  await container.prepare(PROCESS, { io })
  return container
}

const expectNothing = (): Expected => ({ scope: place.scope, before: takeSnapshot(place.scope) })
const load = async (faulty: Kernel): Promise<CoreContainer> => CoreFactory.open(faulty, place.root).load(id())

test('every call of a release is refused once', async (t) => {
  const expected = expectNothing()
  const counts = { 'at once': 0, later: 0, 'all the same': 0, twice: 0 }
  for (let call = 0, reached = true; reached; call++) {
    reached = false
    const refuse = (index: number): number | undefined => {
      if (index !== call) return undefined
      reached = true
      return -ERRNO.ENOMEM
    }
    const container = await prepare(kernel)
    const releasing = load(faultyKernel(kernel, { call: refuse })).then((found) => found.release())
    const error = await inTime<unknown>(
      releasing.catch((reason: unknown) => reason),
      () => `call ${call}`,
    )
    assert.ok(error === undefined || isLibcontainerError(error), `call ${call}: ${error}`)
    const again: unknown = await container.release().catch((reason: unknown) => reason)
    // Not lost: it was released, or is now.
    if (again === undefined) counts[error === undefined ? 'twice' : 'later']++
    else {
      assert.match(String(again), /cannot start an already running container/)
      counts[error === undefined ? 'at once' : 'all the same']++
    }
    assert.equal(container.status(), 'running')
    await container.destroy()
    await assertNothingLeft(expected, `call ${call} of a release was refused`)
  }
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.later > 10 && counts.twice === 0, JSON.stringify(counts))
})

test('every op behind the wait fails once', async () => {
  const wish = { id: id(), config: smallConfig(place, id()), spec: PROCESS, io }
  const [ops = []] = planPrograms(kernel, place, wish, true)
  const wait = ops.findIndex(({ call }) => call === 'await')
  // What is behind it only finds out why it failed.
  const last = ops.findIndex(({ call }) => call === 'execve')
  const expected = expectNothing()
  for (const [op, { step, call }] of ops.entries()) {
    // The word itself: without it, nobody can be told.
    if (op <= wait || op > last || call === 'started' || call === 'store') continue
    const program = (bytes: Uint8Array): Uint8Array => {
      failOp(bytes, op, kernel.arch)
      return bytes
    }
    const container = await prepare(faultyKernel(kernel, { program }))
    const error: unknown = await container.release().catch((reason: unknown) => reason)
    assert.ok(isLibcontainerError(error), `op ${op}: ${error}`)
    assert.deepEqual([error.step, error.errno, error.syscall], [step.label.name, 'ENOSYS', call])
    await container.destroy()
    await assertNothingLeft(expected, `op ${op} failed after the release`)
  }
})

test('who connects and leaves without a word changes nothing', async () => {
  const expected = expectNothing()
  const container = await prepare(kernel)
  for (let i = 0; i < 100; i++) closeFd(kernel, connectAt(kernel, join(place.root, id()), 'release.sock'))
  assert.equal(container.status(), 'created')
  await container.release()
  assert.equal(container.status(), 'running')
  await container.destroy()
  await assertNothingLeft(expected, 'a hundred that left')
})

test('who releases while it goes on by another word hears that it runs', async () => {
  const expected = expectNothing()
  const container = await prepare(kernel)
  // Between the look at the status and our connection, a release whose caller left comes to its end.
  let connections = 0
  const release = (_: number, name: string): undefined => {
    if (!name.startsWith('connect') || ++connections !== 2) return
    const socket = connectAt(kernel, join(place.root, id()), 'release.sock')
    assert.equal(kernel.send(socket, new Uint8Array([GATE_GO]), []), 1)
    while (container.status() === 'created');
    closeFd(kernel, socket)
  }
  const found = await load(faultyKernel(kernel, { call: release }))
  await assert.rejects(found.release(), { code: 'ContainerNotStopped', message: /already running/ })
  assert.ok(connections >= 2)
  assert.equal(container.status(), 'running')
  await container.destroy()
  await assertNothingLeft(expected, 'it was released twice at once')
})

test('a prepared process that is killed is stopped', async () => {
  const expected = expectNothing()
  const container = await prepare(kernel)
  await container.signal('KILL')
  const error: unknown = await container.release().catch((reason: unknown) => reason)
  assert.ok(isLibcontainerError(error))
  await container.destroy()
  await assertNothingLeft(expected, 'a prepared process was killed')
})
