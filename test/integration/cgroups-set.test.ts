// Tests changing the limits of a running container: what is written, what is not, and that nothing is half done.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CgroupLimits, Container } from 'libcontainer'
import { lacksController, MACHINES } from '../helpers/cgroup-machine.ts'
import { containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'

const machine = MACHINES[0]?.skip === false ? MACHINES[0] : (MACHINES[2] as (typeof MACHINES)[2])
const isV1 = machine.hierarchies.version === 1
const MEGA = 1n << 20n

/** The path of a file of a container's cgroup. */
async function pathOf(container: Container, file: string): Promise<string> {
  const paths = (await container.state()).cgroup_paths
  return `${paths[file.slice(0, file.indexOf('.'))] ?? paths.unified}/${file}`
}

async function read(container: Container, v1: string, v2: string): Promise<string> {
  return readFileSync(await pathOf(container, isV1 ? v1 : v2), 'utf8').trim()
}

const readMemory = (container: Container) => read(container, 'memory.limit_in_bytes', 'memory.max')
const readPids = (container: Container) => read(container, 'pids.max', 'pids.max')
const lacks = (...names: readonly string[]) => lacksController(machine, ...names)

containerTest(
  'set changes what is given and nothing else; the state and a later load have it',
  async ({ create, factory, cgroupPath }) => {
    const memory = { limitBytes: 64n * MEGA, reservationBytes: 16n * MEGA }
    const container = await create({ cgroup: { path: cgroupPath(), memory, pids: { limit: 20 } } })
    await container.start(SLEEP)
    // Somebody else's change of a limit that is not given stays.
    writeFileSync(
      await pathOf(container, isV1 ? 'memory.soft_limit_in_bytes' : 'memory.low'),
      String(8n * MEGA),
    )
    await container.set({ memory: { limitBytes: 128n * MEGA }, pids: { limit: 30 } })
    assert.equal(await readMemory(container), String(128n * MEGA))
    assert.equal(await read(container, 'memory.soft_limit_in_bytes', 'memory.low'), String(8n * MEGA))
    assert.equal(await readPids(container), '30')
    const expected = { limitBytes: 128n * MEGA, reservationBytes: 16n * MEGA }
    assert.deepEqual(container.config.cgroup?.memory, expected)
    const loaded = await factory.load(container.id)
    assert.deepEqual(loaded.config.cgroup, container.config.cgroup)
    assert.deepEqual(loaded.config.cgroup?.memory, expected)
    await loaded.set({ pids: { limit: -1 } })
    assert.equal(await readPids(container), 'max')
    // The first object does not undo what the second one did.
    await container.set({ memory: { limitBytes: 96n * MEGA } })
    const again = (await factory.load(container.id)).config.cgroup
    assert.deepEqual([again?.pids, again?.memory?.limitBytes], [{ limit: -1 }, 96n * MEGA])
  },
  lacks('memory', 'pids'),
)

containerTest(
  'set raises and lowers memory and swap, quota, period and burst, whichever binds the other',
  async ({ create, cgroupPath }) => {
    const limitBytes = 64n * MEGA
    const container = await create({
      cgroup: {
        path: cgroupPath(),
        memory: { limitBytes, swapBytes: limitBytes },
        cpu: { quotaMicros: 50_000, periodMicros: 100_000, burstMicros: 50_000 },
      },
    })
    await container.start(SLEEP)
    for (const megabytes of [512n, 32n, 40n, 300n]) {
      const bytes = megabytes * MEGA
      await container.set({ memory: { limitBytes: bytes, swapBytes: bytes } })
      assert.equal(await readMemory(container), String(bytes))
      const swap = existsSync(
        await pathOf(container, isV1 ? 'memory.memsw.limit_in_bytes' : 'memory.swap.max'),
      )
      if (swap)
        assert.equal(
          await read(container, 'memory.memsw.limit_in_bytes', 'memory.swap.max'),
          isV1 ? String(bytes) : '0',
        )
    }
    for (const quota of [5000, 900_000, 20_000]) {
      await container.set({ cpu: { quotaMicros: quota, burstMicros: quota } })
      const text = await read(container, 'cpu.cfs_quota_us', 'cpu.max')
      assert.equal(text, isV1 ? String(quota) : `${quota} 100000`)
      assert.equal(await read(container, 'cpu.cfs_burst_us', 'cpu.max.burst'), String(quota))
    }
  },
  lacks('memory', 'cpu'),
)

/** A change whose last write the kernel refuses, after others that it takes. */
const REFUSED: CgroupLimits = {
  memory: { limitBytes: 100n * MEGA, reservationBytes: 50n * MEGA },
  cpu: { quotaMicros: 30_000, periodMicros: 60_000 },
  pids: { limit: 9 },
  ...(isV1
    ? { blkio: { devices: [{ major: 4000, minor: 1, readBytesPerSecond: 5n }] } }
    : { unified: { 'memory.high': 'nonsense' } }),
}

containerTest(
  'when the kernel refuses one, all that was changed is changed back',
  async ({ create, factory, cgroupPath }) => {
    const container = await create({
      cgroup: { path: cgroupPath(), memory: { limitBytes: 64n * MEGA }, pids: { limit: 20 } },
    })
    await container.start(SLEEP)
    const look = async () => [
      await readMemory(container),
      await read(container, 'memory.soft_limit_in_bytes', 'memory.low'),
      await read(container, 'cpu.cfs_quota_us', 'cpu.max'),
      await read(container, 'cpu.cfs_period_us', 'cpu.max'),
      await readPids(container),
    ]
    const [before, config] = [await look(), container.config]
    const error = await refused(container.set(REFUSED), 'SystemError')
    const field = isV1 ? 'cgroup.blkio.devices[0].readBytesPerSecond' : 'cgroup.unified["memory.high"]'
    assert.equal(error.field, field)
    assert.deepEqual(await look(), before)
    assert.equal(container.config, config)
    assert.deepEqual((await factory.load(container.id)).config, config)
  },
  lacks('memory', 'cpu', 'pids', ...(isV1 ? ['blkio'] : [])),
)

containerTest(
  'device rules are untouched unless they are given, and then hold at once',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath(), pids: { limit: 20 } } })
    await container.start(SLEEP)
    const probe = () =>
      output(
        runIn(container, 'for d in null zero full; do (: </dev/$d) 2>/tmp/e && printf "%s " $d; done; true'),
      )
    assert.equal(await probe(), 'null zero full')
    await container.set({ pids: { limit: 30 } })
    assert.equal(await probe(), 'null zero full')
    const access = 'rw'
    await container.set({
      devices: [
        { allow: false },
        { allow: true, type: 'c', major: 1, minor: 3, access },
        { allow: true, type: 'c', major: 1, minor: 7, access },
      ],
    })
    assert.equal(await probe(), 'null full')
    await container.set({ devices: [{ allow: true }] })
    assert.equal(await probe(), 'null zero full')
  },
  isV1 ? lacks('devices', 'pids') : lacks('pids'),
)

containerTest(
  'when the state cannot be written, the limits are as before',
  async ({ create, directory, factory, cgroupPath }) => {
    const devices = [{ allow: true, type: 'c', major: 1, minor: 3 }] as const
    const container = await create({ cgroup: { path: cgroupPath(), pids: { limit: 20 } } })
    await container.start(SLEEP)
    const inTheWay = join(directory, 'state', container.id, 'state.json.new')
    mkdirSync(inTheWay)
    const error = await refused(container.set({ pids: { limit: 30 }, devices }), 'SystemError')
    assert.equal(error.errno, 'EISDIR')
    rmdirSync(inTheWay)
    assert.equal(await readPids(container), '20')
    await output(runIn(container, ': </dev/zero'))
    assert.deepEqual((await factory.load(container.id)).config, container.config)
    await container.set({ pids: { limit: 30 }, devices })
    assert.notEqual((await runIn(container, ': </dev/zero')).status, 0)
  },
  isV1 ? lacks('devices', 'pids') : lacks('pids'),
)

containerTest(
  'a limit below what is in use is refused where that was asked for',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath(), memory: { limitBytes: 256n * MEGA } } })
    // 24 MB in the shell's own memory.
    const script =
      'x=$(dd if=/dev/zero bs=1M count=24 2>/dev/null | tr "\\0" x); echo ready; sleep 1000; echo $x'
    const hog = await container.start({
      args: ['/bin/sh', '-c', script],
      env: ['PATH=/bin'],
      stdin: 'ignore',
      stderr: 'ignore',
    })
    for await (const chunk of hog.stdout) if (String(chunk).includes('ready')) break
    const memory = { limitBytes: 8n * MEGA, checkBeforeUpdate: true }
    const error = await refused(container.set({ memory }), 'ConfigInvalid')
    assert.equal(error.field, 'cgroup.memory.limitBytes')
    assert.match(error.message, /rejecting memory limit 8388608: \d+ bytes are in use/)
    const withSwap = await refused(
      container.set({ memory: { ...memory, swapBytes: 9n * MEGA } }),
      'ConfigInvalid',
    )
    assert.equal(withSwap.field, 'cgroup.memory.swapBytes')
    assert.match(withSwap.message, /rejecting memory\+swap limit/)
    assert.equal(await readMemory(container), String(256n * MEGA))
    assert.equal(await container.status(), 'running')
  },
  lacks('memory'),
)

containerTest(
  'what cannot be set is refused before anything is touched',
  async ({ create, cgroupPath }) => {
    const unstarted = await create({ cgroup: { path: cgroupPath() } })
    // Nothing runs, so there is nothing to change.
    assert.equal(
      (await refused(unstarted.set({ pids: { limit: 5 } }), 'ContainerNotRunning')).code,
      'ContainerNotRunning',
    )
    const without = await create()
    await without.start(SLEEP)
    assert.equal((await refused(without.set({ pids: { limit: 5 } }), 'ConfigInvalid')).field, 'cgroup')
    const memory = { limitBytes: 64n * MEGA, swapBytes: 64n * MEGA }
    const container = await create({ cgroup: { path: cgroupPath(), memory } })
    await container.start(SLEEP)
    const wrong: readonly (readonly [object, string])[] = [
      [{ path: 'elsewhere' }, 'cgroup.path'],
      [{ memory: { limit: 5n } }, 'cgroup.memory.limit'],
      [{ memory: { limitBytes: 128n * MEGA } }, 'cgroup.memory.swapBytes'],
      [{ pids: { limit: 0 } }, 'cgroup.pids.limit'],
      [
        isV1 ? { unified: { 'memory.high': '1' } } : { memory: { swappiness: 5 } },
        isV1 ? 'cgroup.unified' : 'cgroup.memory.swappiness',
      ],
    ]
    for (const [limits, field] of wrong)
      assert.equal((await refused(container.set(limits), 'ConfigInvalid')).field, field)
    assert.equal(await readMemory(container), String(64n * MEGA))
    await container.destroy()
    await refused(container.set({ pids: { limit: 5 } }), 'ContainerNotExists')
  },
  lacks('memory', 'pids'),
)

containerTest(
  'a paused container takes new limits too, and a second start has them',
  async ({ create, directory, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath(), pids: { limit: 20 } } })
    const first = await container.start(SLEEP)
    await container.pause()
    await container.set({ pids: { limit: 40 } })
    assert.equal(await container.status(), 'paused')
    await container.resume()
    const state = readFileSync(join(directory, 'state', container.id, 'state.json'), 'utf8')
    assert.match(state, /"pids":\{"limit":40\}/)
    await container.signal('KILL')
    await first.wait()
    await container.start(SLEEP)
    assert.equal(await readPids(container), '40')
  },
  isV1 ? lacks('freezer', 'pids') : lacks('pids'),
)
