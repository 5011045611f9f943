// Owns the promises about handles that outlive what they stand for: a destroyed container's handle touches no other
// container of the same id, and a process that nobody watches holds nothing up.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Container, Factory, isLibcontainerError } from 'libcontainer'
import { makePlace, type Place, smallConfig } from '../helpers/fault-subject.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft, type Expected, takeSnapshot } from '../helpers/leftovers.ts'

const SLEEP = {
  args: ['sleep', '1000'],
  env: ['PATH=/bin'],
  stdin: 'ignore',
  stdout: 'ignore',
  stderr: 'ignore',
} as const

let place: Place
let factory: Factory
let id: string
before(async () => {
  place = makePlace('stale')
  factory = await Factory.open(place.root)
  id = place.scope.name
  // What the host keeps from its first start on.
  await (await start()).destroy()
})
async function start(): Promise<Container> {
  const container = await factory.create(id, smallConfig(place, id))
  await container.start(SLEEP)
  return container
}
function expectNothing(): Expected {
  return { scope: place.scope, before: takeSnapshot(place.scope) }
}
for (const kind of ['made', 'loaded', 'made and never started']) {
  test(`a destroyed container's handle, ${kind}, leaves the next one of the same id alone`, async () => {
    const expected = expectNothing()
    const first =
      kind === 'made and never started' ? await factory.create(id, smallConfig(place, id)) : await start()
    const stale = kind === 'loaded' ? await factory.load(id) : first
    await first.destroy()
    const next = await start()
    assert.equal(await stale.status(), 'destroyed')
    await assert.rejects(stale.start(SLEEP), (error) => isLibcontainerError(error))
    await assert.rejects(stale.pause(), (error) => isLibcontainerError(error))
    await assert.rejects(stale.signal('SIGKILL'), (error) => isLibcontainerError(error))
    await stale.destroy()
    assert.equal(await next.status(), 'running')
    await next.destroy()
    await assertNothingLeft(expected, kind)
  })
}
test('a later process that nobody watches does not hold destroy up', async () => {
  const expected = expectNothing()
  const container = await start()
  const later = await container.start(SLEEP)
  later.unref()
  // The first process of a pid namespace cannot end before this one was reaped.
  await inTime(container.destroy(), () => 'destroy')
  assert.equal((await later.wait()).signal, 'SIGKILL')
  await assertNothingLeft(expected, 'destroy')
})
test('a later process in the namespaces of the host ends with destroy', async () => {
  const expected = expectNothing()
  const { cgroup: _, ...config } = smallConfig(place, id)
  const container = await factory.create(id, { ...config, namespaces: [{ type: 'mount' }] })
  await container.start(SLEEP)
  const later = await container.start(SLEEP)
  await inTime(container.destroy(), () => 'destroy')
  assert.equal((await later.wait()).signal, 'SIGKILL')
  await assertNothingLeft(expected, 'destroy')
})
