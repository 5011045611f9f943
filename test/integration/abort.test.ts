// Tests AbortSignal and the disposal of handles: what stops, what stays, and that nothing is left.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { containerTest, output, refused, runIn, SLEEP, until } from '../helpers/container-test.ts'
import { inTime } from '../helpers/in-time.ts'
import { openDescriptors } from '../helpers/open-descriptors.ts'

containerTest(
  'aborted before the start: nothing begins, and the reason is what was given',
  async ({ create, factory }) => {
    const container = await create()
    const reason = new Error('not today')
    await assert.rejects(container.start({ ...SLEEP, signal: AbortSignal.abort(reason) }), reason)
    assert.equal(await container.status(), 'destroyed')
    await container.destroy()
    assert.deepEqual(await factory.list(), [])
  },
)

containerTest(
  'aborted at any moment of a start: it rejects and leaves nothing, or the process is killed',
  async ({ create, cgroupPath }) => {
    const outcomes = { rejected: 0, killed: 0 }
    for (let round = 0; round < 60; round++) {
      const container = await create({ cgroup: { path: cgroupPath() } })
      const abort = new AbortController()
      const starting = container.start({ ...SLEEP, signal: abort.signal })
      // From at once to after a usual start.
      for (let turn = 0; turn < round % 20; turn++) await new Promise(setImmediate)
      abort.abort(new Error('enough'))
      try {
        const process = await starting
        assert.equal((await process.wait()).signal, 'SIGKILL')
        outcomes.killed++
      } catch (error) {
        assert.match(String(error), /enough/)
        outcomes.rejected++
      }
      assert.equal(await container.status(), 'destroyed')
      await container.destroy()
    }
    assert.ok(outcomes.rejected > 0, JSON.stringify(outcomes))
  },
)

containerTest('aborted later: the process is killed, the container goes on', async ({ create }) => {
  const container = await create()
  await container.start(SLEEP)
  const abort = new AbortController()
  const process = await container.start({ ...SLEEP, signal: abort.signal })
  await sleep(20)
  abort.abort()
  assert.equal((await process.wait()).signal, 'SIGKILL')
  assert.equal(await container.status(), 'running')
})

containerTest('aborted after the end: nothing happens', async ({ create }) => {
  const container = await create()
  const abort = new AbortController()
  const process = await container.start({ args: ['/bin/true'], stdin: 'ignore', signal: abort.signal })
  assert.equal((await process.wait()).exitCode, 0)
  abort.abort()
  assert.equal((await process.wait()).exitCode, 0)
  assert.equal(await output(runIn(container, 'echo again')), 'again')
})

containerTest('a FIFO in place of the user files does not hold a start up', async ({ create, directory }) => {
  execFileSync('mkfifo', [`${directory}/fifo`])
  const mounts = [{ type: 'bind', source: `${directory}/fifo`, destination: '/etc/passwd' }]
  const container = await create({ mounts })
  const starting = refused(container.start({ ...SLEEP, user: 'alice' }), 'SystemError')
  const error = await inTime(starting, () => 'a start')
  assert.match(error.detail(), /not a regular file/)
})

containerTest('a timeout is a signal that aborts', async ({ create }) => {
  const container = await create()
  const process = await container.start({ ...SLEEP, signal: AbortSignal.timeout(500) })
  assert.equal((await inTime(process.wait(), () => 'the process')).signal, 'SIGKILL')
})

containerTest('disposing of a process kills it and closes its streams', async ({ create }) => {
  const container = await create()
  await container.start(SLEEP)
  const before = openDescriptors().length
  let pid = 0
  {
    await using process = await container.start({ ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
    pid = process.pid
  }
  assert.ok(!existsSync(`/proc/${pid}`))
  await until('its streams are closed', () => openDescriptors().length === before)
  assert.equal(await container.status(), 'running')
})

containerTest(
  'disposing of a container destroys it, also when the block fails',
  async ({ factory, rootfs }) => {
    const block = async (): Promise<never> => {
      await using container = await factory.create('short', { rootfs })
      await container.start(SLEEP)
      throw new Error('in the block')
    }
    await assert.rejects(block, /in the block/)
    assert.deepEqual(await factory.list(), [])
  },
)
