// Tests freezing: that it holds every process, that the kernel is asked and not our memory, and what is refused.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  containerTest,
  finish,
  refused,
  runIn,
  SLEEP,
  shell,
  startReady,
  until,
} from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

containerTest('pause holds every process, resume lets them go on', async ({ create, cgroupPath, rootfs }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  const log = join(rootfs, 'log')
  // Not by its output, which may be on its way still when it is held.
  writeFileSync(log, '')
  const process = await container.start(shell('while :; do echo x >>/log; sleep 0.01; done'))
  const written = (): number => statSync(log).size
  await until('it writes', () => written() > 0)
  await container.pause()
  assert.equal(await container.status(), 'paused')
  const before = written()
  await sleep(200)
  assert.equal(written(), before)
  assert.ok((await container.processes()).includes(process.pid))
  await container.resume()
  assert.equal(await container.status(), 'running')
  await until('it writes on', () => written() > before)
})

containerTest(
  'the status is that of the kernel, in another program too',
  async ({ create, cgroupPath, directory }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    const program = (action: string): Promise<string> =>
      new Program(
        `import { Factory } from 'libcontainer'
       const container = await (await Factory.open(process.argv[2])).load(process.argv[3])
       ${action}
       console.log(await container.status())`,
        `${directory}/state`,
        container.id,
      ).finish()
    assert.equal(await program(''), 'running')
    await container.pause()
    assert.equal(await program(''), 'paused')
    assert.equal(await program('await container.resume()'), 'running')
    assert.equal(await container.status(), 'running')
    assert.equal(await program('await container.pause()'), 'paused')
    assert.equal(await container.status(), 'paused')
    await container.resume()
  },
)

containerTest(
  'nothing starts in a paused container, and it does not hang',
  async ({ factory, create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    await container.pause()
    const before = await container.processes()
    await refused(container.start(SLEEP), 'ContainerPaused')
    await refused((await factory.load(container.id)).start(SLEEP), 'ContainerPaused')
    assert.deepEqual(await container.processes(), before)
    await container.resume()
    assert.equal((await runIn(container, 'true')).status, 0)
  },
)

containerTest('pausing and resuming twice is pausing and resuming', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  await container.start(SLEEP)
  for (const verb of ['pause', 'pause', 'resume', 'resume'] as const) await container[verb]()
  await Promise.all([container.pause(), container.pause()])
  assert.equal(await container.status(), 'paused')
  await container.resume()
  assert.equal(await container.status(), 'running')
})

containerTest('a signal to a paused container arrives when it goes on', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  const process = await startReady(container)
  await container.pause()
  await container.signal('SIGTERM')
  await sleep(50)
  assert.equal(await container.status(), 'paused')
  await container.resume()
  assert.equal((await process.wait()).exitCode, 0)
})

containerTest(
  'a paused container can be destroyed, by another object too',
  async ({ factory, create, cgroupPath }) => {
    for (const who of ['maker', 'other'] as const) {
      const container = await create({ cgroup: { path: cgroupPath() } })
      const process = await container.start(SLEEP)
      await container.pause()
      await (who === 'maker' ? container : await factory.load(container.id)).destroy()
      assert.equal((await process.wait()).signal, 'SIGKILL')
      assert.equal(await container.status(), 'destroyed')
    }
  },
)

containerTest('no output is lost over a pause', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  const process = await container.start(shell('yes 0123456789abcde | head -c 4194304'))
  const outcome = finish(process)
  for (let round = 0; round < 5 && (await container.status()) === 'running'; round++) {
    await container.pause().catch(() => undefined)
    await sleep(5)
    await container.resume().catch(() => undefined)
  }
  const { stdout, status } = await outcome
  assert.equal(status, 0)
  const expected = createHash('sha256')
    .update('0123456789abcde\n'.repeat(4194304 / 16))
    .digest('hex')
  assert.equal(createHash('sha256').update(stdout).digest('hex'), expected)
})

containerTest('pause and resume need a cgroup and a running process', async ({ create, cgroupPath }) => {
  const bare = await create()
  await bare.start(SLEEP)
  const stopped = await create({ cgroup: { path: cgroupPath() } })
  for (const verb of ['pause', 'resume'] as const) {
    const error = await refused(bare[verb](), 'ConfigInvalid')
    assert.equal(error.field, 'cgroup')
    await refused(stopped[verb](), 'ContainerNotRunning')
  }
})
