// Tests several programs at one state directory: races, a maker that dies, a container that outlives its maker.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { containerTest, output, refused, runIn, SLEEP, until } from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

const OPEN = `
  import { Factory } from 'libcontainer'
  const [, , state, rootfs, cgroup] = process.argv
  const factory = await Factory.open(state)
  const sleeper = { args: ['/bin/sleep', '1000'], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' }
`

containerTest('of racers, one gets the id', async ({ directory, rootfs, factory }) => {
  const state = join(directory, 'state')
  const race = `${OPEN}
    const results = []
    process.stdout.write('ready\\n')
    await new Promise((resolve) => process.stdin.once('data', resolve))
    for (let round = 0; round < 20; round++)
      await factory.create('race_' + round, { rootfs }).then(() => results.push(round), (error) => {
        if (error.code !== 'IdInUse') throw error
      })
    console.log(JSON.stringify(results))
    process.exit()`
  const racers = [0, 1, 2].map(() => new Program(race, state, rootfs))
  for (const racer of racers) assert.equal(await racer.line(), 'ready')
  const results = racers.map(async (racer) => {
    racer.write('go\n')
    return JSON.parse(await racer.finish()) as number[]
  })
  const won = (await Promise.all(results)).flat().sort((a, b) => a - b)
  assert.deepEqual(
    won,
    Array.from({ length: 20 }, (_, round) => round),
  )
  // Their makers are dead, so the containers belong to whoever finds them.
  for (const id of await factory.list()) await (await factory.load(id)).destroy()
  assert.deepEqual(readdirSync(state), [])
})

containerTest(
  'of two first starts at once, one makes the container and one joins it',
  async ({ create, factory }) => {
    const container = await create()
    const [first, second] = await Promise.all([container.start(SLEEP), container.start(SLEEP)])
    const { init_process_pid: pid } = await container.state()
    assert.ok(pid === first.pid || pid === second.pid)
    // A shell that has forked and not yet executed looks like its parent.
    const loaded = await factory.load(container.id)
    const count = (): Promise<string> => output(runIn(loaded, 'ps -o args | grep -c "[t]rap"'))
    await until('both are there', async () => (await count()) === '2')
  },
)

containerTest(
  'a container outlives the program that made it',
  async ({ directory, rootfs, factory, cgroupPath }) => {
    const pid = await new Program(
      `${OPEN}
     const container = await factory.create('orphan', { rootfs, cgroup: { path: cgroup }, labels: { by: 'the first' } })
     const process_ = await container.start(sleeper)
     process_.unref()
     console.log(process_.pid)`,
      join(directory, 'state'),
      rootfs,
      cgroupPath(),
    ).finish()
    const container = await factory.load('orphan')
    assert.equal(await container.status(), 'running')
    assert.equal(container.config.labels.by, 'the first')
    const { init_process_pid, cgroup_paths } = await container.state()
    assert.equal(String(init_process_pid), pid)
    assert.deepEqual(await container.processes(), [init_process_pid])
    assert.equal(await output(runIn(container, 'ps -o comm | grep -c sleep')), '1')
    await container.pause()
    assert.equal(await container.status(), 'paused')
    await container.destroy()
    assert.ok(!existsSync(`/proc/${pid}`) || (await container.status()) === 'destroyed')
    for (const path of Object.values(cgroup_paths)) assert.ok(!existsSync(path), path)
    await refused(factory.load('orphan'), 'ContainerNotExists')
  },
)

containerTest(
  'a container whose maker died before its start can be destroyed',
  async ({ directory, rootfs, factory, cgroupPath }) => {
    const state = join(directory, 'state')
    const maker = new Program(
      `${OPEN}
     await factory.create('unstarted', { rootfs, cgroup: { path: cgroup } })
     console.log('made')
     setInterval(() => undefined, 1000)`,
      state,
      rootfs,
      cgroupPath(),
    )
    assert.equal(await maker.line(), 'made')
    await refused(factory.load('unstarted'), 'ContainerNotExists')
    await refused(factory.create('unstarted', { rootfs }), 'IdInUse')
    await maker.kill()
    const found = await factory.load('unstarted')
    assert.equal(await found.status(), 'destroyed')
    await found.destroy()
    assert.deepEqual(readdirSync(state), [])
  },
)

containerTest(
  'a program that was killed leaves a container that can be ended',
  async ({ directory, rootfs, factory, cgroupPath }) => {
    const maker = new Program(
      `${OPEN}
     const container = await factory.create('killed', { rootfs, cgroup: { path: cgroup } })
     await container.start(sleeper)
     console.log('started')`,
      join(directory, 'state'),
      rootfs,
      cgroupPath(),
    )
    assert.equal(await maker.line(), 'started')
    await maker.kill()
    const found = await factory.load('killed')
    assert.equal(await found.status(), 'running')
    await found.signal('SIGKILL')
    await until('the end', async () => (await found.status()) === 'destroyed')
    await found.destroy()
  },
)

containerTest(
  'a death signal follows the maker, also after a switch of user',
  async ({ directory, rootfs, factory }) => {
    for (const user of ['', 'daemon']) {
      const maker = new Program(
        `${OPEN}
       const container = await factory.create('follower', { rootfs, parentDeathSignal: 'SIGKILL' })
       await container.start({ ...sleeper, user: process.argv[4] })
       console.log('started')`,
        join(directory, 'state'),
        rootfs,
        user,
      )
      assert.equal(await maker.line(), 'started')
      const found = await factory.load('follower')
      assert.equal(await found.status(), 'running')
      await maker.kill()
      await until('the end', async () => (await found.status()) === 'destroyed')
      await found.destroy()
    }
  },
)

containerTest(
  'what a killed program had begun to make is swept away',
  async ({ directory, factory, rootfs }) => {
    const state = join(directory, 'state')
    const aside = (pid: number, start: string): string => join(state, `,new-${pid}-${start}-half`)
    const leave = (): void => {
      for (const path of [aside(2 ** 22 - 1, '1'), aside(process.pid, '1')]) {
        mkdirSync(path)
        writeFileSync(join(path, 'state.json'), '{')
      }
    }
    leave()
    await refused(factory.load('half'), 'ContainerNotExists')
    assert.deepEqual(readdirSync(state), [])
    leave()
    const container = await factory.create('other', { rootfs })
    assert.deepEqual(readdirSync(state), ['other'])
    leave()
    assert.deepEqual(await factory.list(), ['other'])
    assert.deepEqual(readdirSync(state), ['other'])
    await container.destroy()
  },
)

containerTest(
  'a configuration that somebody spoiled is refused when it is needed, and keeps nobody alive',
  async ({ create, factory, directory }) => {
    const container = await create()
    const process = await container.start(SLEEP)
    const file = join(directory, 'state', container.id, 'state.json')
    const text = readFileSync(file, 'utf8')
    for (const spoiled of [text.slice(0, -20), text.replace('"type":"mount"', '"type":"mounts"')]) {
      assert.notEqual(spoiled, text)
      writeFileSync(file, spoiled)
      const loaded = await factory.load(container.id)
      assert.equal(await loaded.status(), 'running')
      await refused(loaded.start(SLEEP), 'SystemError')
      assert.throws(() => loaded.config, { code: 'SystemError' })
    }
    await (await factory.load(container.id)).destroy()
    assert.equal((await process.wait()).signal, 'SIGKILL')
    assert.deepEqual(await factory.list(), [])
  },
)
