// Tests that a container's shortage of memory is told, that the telling ends with the container, and that nothing is
// left open however it ends.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CgroupLimits, Container, ProcessOptions } from 'libcontainer'
import { lacksController, MACHINES } from '../helpers/cgroup-machine.ts'
import { type Box, containerTest, refused, runIn, SLEEP, shell } from '../helpers/container-test.ts'
import { openDescriptors } from '../helpers/open-descriptors.ts'

const machine = MACHINES[0]?.skip === false ? MACHINES[0] : (MACHINES[2] as (typeof MACHINES)[2])
const isV1 = machine.hierarchies.version === 1
const missing = lacksController(machine, 'memory')
const MEGA = 1n << 20n

/** Needs more memory than there is at once. */
const HOG = 'dd if=/dev/zero of=/dev/null bs=100M count=1'
/** A start of the runtime's own takes a few descriptors; those of a watch stay until it ends. */
const openFiles = () => openDescriptors().length

const limited = ({ create, cgroupPath }: Box): Promise<Container> =>
  create({ cgroup: { path: cgroupPath(), memory: { limitBytes: 16n * MEGA, swapBytes: 16n * MEGA } } })

containerTest(
  'an event for a process that is killed, and the end when the container goes',
  async (box) => {
    const container = await limited(box)
    await container.start(SLEEP)
    const before = openFiles()
    const watching = container.oomEvents()[Symbol.asyncIterator]()
    const first = watching.next()
    assert.equal((await runIn(container, HOG)).status, 137)
    const { done, value } = await first
    assert.equal(done, false)
    assert.ok(value !== undefined && value.kills >= (isV1 ? 0n : 1n) && value.kills <= 1n)
    assert.equal((await container.stats({ controllers: ['memory'] })).memory?.oomKills, 1n)
    const end = watching.next()
    await container.destroy()
    assert.deepEqual(await end, { done: true, value: undefined })
    assert.deepEqual(await watching.next(), { done: true, value: undefined })
    assert.ok(openFiles() <= before, `${openFiles()} of ${before}`)
  },
  missing,
)

containerTest(
  'when the first process is the one that is killed, its event comes before the end',
  async (box) => {
    const container = await limited(box)
    // The shell waits until it is watched, and becomes the hog.
    const hog = await container.start({ ...shell(`read x; exec ${HOG}`), stdin: 'pipe' } as ProcessOptions & {
      stdin: 'pipe'
    })
    const events: bigint[] = []
    const loop = (async () => {
      for await (const { kills } of container.oomEvents()) events.push(kills)
    })()
    hog.stdin.end('go\n')
    await loop
    assert.equal(events.length, 1)
    assert.equal((await hog.wait()).status, 137)
    assert.equal(await container.status(), 'destroyed')
  },
  missing,
)

containerTest(
  'a program that loads the container sees it too; two watch at once',
  async (box) => {
    const container = await limited(box)
    await container.start(SLEEP)
    const loaded = await box.factory.load(container.id)
    const both = [container, loaded].map((watched) => watched.oomEvents()[Symbol.asyncIterator]())
    const seen = Promise.all(both.map((watching) => watching.next()))
    await runIn(container, HOG)
    for (const { done } of await seen) assert.equal(done, false)
    for (const watching of both) await watching.return?.()
  },
  missing,
)

containerTest(
  'break, return and abort let go, also of one that waits, and leave nothing open',
  async (box) => {
    const container = await limited(box)
    await container.start(SLEEP)
    const before = openFiles()
    for (let round = 0; round < 20; round++) {
      const watching = container.oomEvents()[Symbol.asyncIterator]()
      const waiting = watching.next()
      const second = watching.next()
      await watching.return?.()
      assert.equal((await waiting).done, true)
      assert.equal((await second).done, true)
      const controller = new AbortController()
      const loop = (async () => {
        for await (const event of container.oomEvents({ signal: controller.signal }))
          assert.fail(String(event))
      })()
      if (round % 2 === 0) await sleep(1)
      controller.abort()
      await loop
    }
    for await (const event of container.oomEvents({ signal: AbortSignal.abort() })) assert.fail(String(event))
    const killed = runIn(container, HOG)
    for await (const { kills } of container.oomEvents()) {
      assert.ok(kills >= 0n)
      break
    }
    await killed
    assert.equal(openFiles(), before)
    assert.equal(await container.status(), 'running')
  },
  missing,
)

containerTest(
  'what cannot be watched is refused when the loop begins',
  async (box) => {
    const watch = async (container: Container) => {
      for await (const event of container.oomEvents()) assert.fail(String(event))
    }
    const container = await limited(box)
    await refused(watch(container), 'ContainerNotRunning')
    const without = await box.create()
    await without.start(SLEEP)
    assert.equal((await refused(watch(without), 'ConfigInvalid')).field, 'cgroup')
    assert.throws(() => without.memoryPressure('high' as never), { code: 'ConfigInvalid', field: 'level' })
  },
  missing,
)

const noPressure = isV1
  ? missing
  : missing || (!existsSync('/proc/pressure/memory') && 'the kernel has no PSI')

containerTest(
  'pressure of memory is told, not to a container at ease, and ends with it',
  async (box) => {
    const limits: CgroupLimits = isV1
      ? { memory: { limitBytes: 24n * MEGA, swapBytes: 24n * MEGA } }
      : { unified: { 'memory.high': '8M', 'memory.swap.max': '0' } }
    const container = await box.create({ cgroup: { path: box.cgroupPath(), ...limits } })
    await container.start(SLEEP)
    const easy = container.memoryPressure('low')[Symbol.asyncIterator]()
    const early = easy.next()
    assert.equal(await Promise.race([early.then(() => 'told'), sleep(200).then(() => 'at ease')]), 'at ease')
    // v1: a file that does not fit into the cache. v2: whoever is above memory.high is made to wait.
    const script =
      'while :; do dd if=/dev/zero of=/big bs=1M count=60; dd if=/dev/zero of=/dev/null bs=30M count=1; done'
    const thrash = await container.start({ ...shell(script), stderr: 'ignore' })
    const { value } = await early
    assert.deepEqual(value, { level: 'low' })
    await easy.return?.()
    thrash.signal('KILL')
    const quiet = await limited(box)
    await quiet.start(SLEEP)
    const end = quiet.memoryPressure('critical')[Symbol.asyncIterator]().next()
    await quiet.destroy()
    assert.equal((await end).done, true)
  },
  noPressure,
)
