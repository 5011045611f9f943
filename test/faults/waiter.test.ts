// Owns the promise that nobody becomes the waiter of a process whose end was taken already: who looks at the state just
// before takes it, and the waiter would wait for a descriptor that is none.

import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { becomeWaiter, CoreFactory } from 'libcontainer/core'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { FULL_PROCESS, makePlace, smallConfig } from '../helpers/fault-subject.ts'
import { blockUntilZombie } from '../helpers/zombie.ts'

test('a process whose end was taken by a look at the state is not waited for', async () => {
  const kernel = nodeKernel()
  const place = makePlace('waiter')
  const id = `${place.scope.name}_waiter`
  const descriptor = openSync('/dev/null', 'r+')
  const nothing = { kind: 'passed', fd: descriptor } as const
  const container = await CoreFactory.open(kernel, place.root).create(id, smallConfig(place, id))
  const spec = { ...FULL_PROCESS, cwd: '/', args: ['/bin/sh', '-c', 'exit 7'] }
  const child = await container.start(spec, { io: { stdio: [nothing, nothing, nothing], extraFiles: [] } })
  blockUntilZombie(kernel, child.pid)
  assert.equal(container.ociState().status, 'stopped')
  // In this place the test would be over, with another exit status.
  becomeWaiter(kernel, child, { name: 'waiter' })
  assert.equal((await child.wait()).status, 7)
  await container.destroy()
  closeSync(descriptor)
})
