// Tests codes that the documentation of a public method lists and that errors.test.ts does not bring about. A title
// says `method: codes`; test/tidy/error-codes.test.ts compares all of them with the documentation.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CgroupLimits, Container, MemoryPressureLevel } from 'libcontainer'
import { isLibcontainerError } from 'libcontainer'
import { RLIMITS } from '../../src/plan/steps/rlimits.ts'
import { closeFd } from '../../src/system/fd.ts'
import { syscall } from '../../src/system/syscall.ts'
import { connectDatagrams } from '../../src/system/unix-socket.ts'
import { kernel, lacksController, MACHINES } from '../helpers/cgroup-machine.ts'
import {
  type Box,
  containerTest,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  startReady,
  until,
} from '../helpers/container-test.ts'
import { script } from '../helpers/hook-scripts.ts'
import { ServiceManager } from '../helpers/service-manager.ts'

const machine = MACHINES.find(({ skip }) => skip === false)
const lacks =
  machine === undefined ? 'there is no cgroup file system' : lacksController(machine, 'memory', 'pids')

/** Sets the limit of descriptors of this process, soft and hard; returns what it was. */
function swapLimit(limits: BigUint64Array | null): BigUint64Array {
  const before = new BigUint64Array(2)
  const bytes = (words: BigUint64Array): Uint8Array => new Uint8Array(words.buffer)
  const wanted = limits === null ? null : bytes(limits)
  assert.equal(syscall(kernel, 'prlimit64', 0, RLIMITS.NOFILE, wanted, bytes(before)), 0)
  return before
}

/** While nothing can be opened. */
async function starved(run: () => unknown): Promise<void> {
  const before = swapLimit(null)
  swapLimit(new BigUint64Array([0n, before[1] as bigint]))
  try {
    await run()
  } finally {
    swapLimit(before)
  }
}

/** What must be refused for want of descriptors. */
async function refusedWhenStarved(run: () => unknown): Promise<void> {
  await starved(async () => {
    const error = await refused((async () => run())(), 'SystemError')
    assert.equal(error.errno, 'EMFILE', error.detail())
  })
}

const next = async (events: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of events) return
}

const withCgroup = (box: Box): Promise<Container> => box.create({ cgroup: { path: box.cgroupPath() } })

containerTest(
  'factory.create, factory.list, container.processes, container.stats: SystemError',
  async (box) => {
    const container = await withCgroup(box)
    await container.start(SLEEP)
    await refusedWhenStarved(() => box.factory.create('other', { rootfs: box.rootfs }))
    await refusedWhenStarved(() => box.factory.list())
    await refusedWhenStarved(() => container.processes())
    await refusedWhenStarved(() => container.stats())
    assert.ok((await container.processes()).length > 0)
  },
)

containerTest(
  'container.set: ContainerNotRunning, ContainerNotExists, ConfigInvalid, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    await refused(container.set({ pids: { limit: 10 } }), 'ContainerNotRunning')
    await container.start(SLEEP)
    const wrong = { pids: { limit: 'many' } } as unknown as CgroupLimits
    assert.equal((await refused(container.set(wrong), 'ConfigInvalid')).field, 'cgroup.pids.limit')
    const cpuset = await refused(container.set({ cpuset: { cpus: '4095' } }), 'SystemError')
    assert.equal(cpuset.field, 'cgroup.cpuset.cpus')
    const loaded = await box.factory.load(container.id)
    await container.destroy()
    await refused(loaded.set({ pids: { limit: 10 } }), 'ContainerNotExists')
  },
  lacks,
)

containerTest(
  'container.watchStats: ContainerNotRunning, ConfigInvalid, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    await refused(next(container.watchStats({ intervalMs: 10 })), 'ContainerNotRunning')
    assert.throws(() => container.watchStats({ intervalMs: 0 }), { code: 'ConfigInvalid' })
    await container.start(SLEEP)
    await refusedWhenStarved(() => next(container.watchStats({ intervalMs: 10 })))
    const bare = await box.create()
    await bare.start(SLEEP)
    await refused(next(bare.watchStats({ intervalMs: 10 })), 'ConfigInvalid')
  },
  lacks,
)

containerTest(
  'container.oomEvents, container.memoryPressure: ContainerNotRunning, ConfigInvalid, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    assert.throws(() => container.memoryPressure('much' as MemoryPressureLevel), { code: 'ConfigInvalid' })
    const bare = await box.create()
    await refused(next(container.oomEvents()), 'ContainerNotRunning')
    await refused(next(container.memoryPressure('low')), 'ContainerNotRunning')
    for (const started of [container, bare]) await started.start(SLEEP)
    await refused(next(bare.oomEvents()), 'ConfigInvalid')
    await refused(next(bare.memoryPressure('low')), 'ConfigInvalid')
    await refusedWhenStarved(() => next(container.oomEvents()))
    await refusedWhenStarved(() => next(container.memoryPressure('low')))
  },
  lacks,
)

containerTest('container.networkStats: ContainerNotRunning, SystemError', async (box) => {
  const container = await box.create({ networks: [{ type: 'veth', name: 'eth0' }] })
  await refused(container.networkStats(), 'ContainerNotRunning')
  await container.start(SLEEP)
  await refusedWhenStarved(() => container.networkStats())
  assert.equal((await container.networkStats()).length, 1)
})

containerTest('container.start: ContainerPaused, SystemError', async (box) => {
  const container = await withCgroup(box)
  await container.start(SLEEP)
  await container.pause()
  await refused(container.start(SLEEP), 'ContainerPaused')
  await container.resume()
  await refused(container.start({ args: ['/nope'] }), 'SystemError')
})

containerTest('container.start, container.prepare: ContainerNotExists', async (box) => {
  for (const verb of ['start', 'prepare'] as const) {
    const mark = join(box.directory, verb)
    const container = await box.create({ hooks: { prestart: [script(`touch ${mark}; sleep 1000`)] } })
    const starting = refused(container[verb](SLEEP), 'ContainerNotExists')
    await until('the hook runs', () => existsSync(mark))
    await (await box.factory.load(container.id)).destroy()
    await starting
  }
})

containerTest('container.prepare: ConfigInvalid, ContainerNotStopped, SystemError', async (box) => {
  const container = await withCgroup(box)
  await refused(container.prepare({ args: [] }), 'ConfigInvalid')
  await refused(container.prepare({ args: ['/nope'] }), 'SystemError')
  await container.prepare(SLEEP)
  await refused(container.prepare(SLEEP), 'ContainerNotStopped')
  await container.release()
  await refused(container.prepare(SLEEP), 'ContainerNotStopped')
})

containerTest(
  'container.release: ContainerNotExists, ContainerPaused, ContainerNotRunning, ContainerNotStopped, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    await refused(container.release(), 'ContainerNotRunning')
    await container.prepare(SLEEP)
    await container.pause()
    await refused(container.release(), 'ContainerPaused')
    await container.resume()
    await container.release()
    await refused(container.release(), 'ContainerNotStopped')
    const loaded = await box.factory.load(container.id)
    await container.destroy()
    await refused(loaded.release(), 'ContainerNotExists')

    writeFileSync(join(box.rootfs, 'bin/script'), '#!/no/such\n', { mode: 0o755 })
    const broken = await withCgroup(box)
    const process = await broken.prepare({ ...SLEEP, args: ['/bin/script'] })
    const error = await refused(broken.release(), 'SystemError')
    assert.match(error.hint ?? '', /"\/no\/such"/)
    await process.wait()
  },
)

containerTest('container.signal, container.signalAll: ConfigInvalid, SystemError', async (box) => {
  const container = await withCgroup(box)
  await container.start(SLEEP)
  for (const verb of ['signal', 'signalAll'] as const) {
    await refused(container[verb]('NOPE'), 'ConfigInvalid')
    await refusedWhenStarved(() => container[verb]('CONT'))
  }
  await refused((await box.create()).signalAll('TERM'), 'ConfigInvalid')
})

containerTest(
  'container.pause, container.resume: ContainerNotRunning, ContainerNotExists, ConfigInvalid, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    for (const verb of ['pause', 'resume'] as const) await refused(container[verb](), 'ContainerNotRunning')
    const bare = await box.create()
    for (const started of [container, bare]) await started.start(SLEEP)
    for (const verb of ['pause', 'resume'] as const) {
      await refused(bare[verb](), 'ConfigInvalid')
      await refusedWhenStarved(() => container[verb]())
    }
    assert.equal(await container.status(), 'running')
    await container.destroy()
    for (const verb of ['pause', 'resume'] as const) await refused(container[verb](), 'ContainerNotExists')
  },
)

containerTest('container.destroy: SystemError, and it can be called again', async (box) => {
  const container = await withCgroup(box)
  const process = await startReady(container)
  await refusedWhenStarved(() => container.destroy())
  await container.destroy()
  await process.wait()
  assert.deepEqual(await box.factory.list(), [])
})

containerTest(
  'container.exec: ConfigInvalid, ContainerNotRunning, ContainerPaused, ContainerNotExists, SystemError',
  async (box) => {
    const container = await withCgroup(box)
    await refused(container.exec(SLEEP), 'ContainerNotRunning')
    await container.start(SLEEP)
    await refused(container.exec({ args: [] }), 'ConfigInvalid')
    await refused(container.exec({ args: ['/nope'] }), 'SystemError')
    const { exitCode } = await (await container.exec({ args: ['/bin/true'] })).wait()
    assert.equal(exitCode, 0)
    await container.pause()
    await refused(container.exec(SLEEP), 'ContainerPaused')
    const late = container.exec({ args: ['/bin/true'], ignorePaused: true })
    await container.resume()
    assert.equal((await (await late).wait()).exitCode, 0)
    await container.destroy()
    await refused(container.exec(SLEEP), 'ContainerNotExists')
  },
)

containerTest('container.ociState: ContainerNotExists, SystemError', async (box) => {
  const container = await box.factory.create('of_bundle', { rootfs: box.rootfs }, { bundle: '/srv/bundle' })
  await container.start(SLEEP)
  const { id, status, bundle, pid } = await container.ociState()
  const { init_process_pid } = await container.state()
  assert.deepEqual([id, status, bundle, pid], ['of_bundle', 'running', '/srv/bundle', init_process_pid])
  const loaded = await box.factory.load(id)
  await refusedWhenStarved(() => loaded.ociState())
  await container.destroy()
  await refused(container.ociState(), 'ContainerNotExists')
})

containerTest('container.listenForReadiness: ConfigInvalid, SystemError', async (box) => {
  const listen = async (container: Container) => container.listenForReadiness()
  assert.equal((await refused(listen(await box.create()), 'ConfigInvalid')).field, 'notifySocket')
  const { rootfs } = box
  const container = await box.factory.create('ready', { rootfs }, { notifySocket: true })
  await refusedWhenStarved(() => listen(container))
  const readiness = container.listenForReadiness()
  const first = await container.start(shell('echo $NOTIFY_SOCKET; exec sleep 1000'))
  first.stdout.setEncoding('utf8')
  const [path] = await once(first.stdout, 'data')
  assert.equal(path, '/run/notify/notify.sock\n')
  const manager = ServiceManager.at(kernel, box.directory, 'manager')
  const told = readiness.relay(manager.address)
  const socket = connectDatagrams(kernel, join(box.factory.root, 'ready/notify/notify.sock'))
  kernel.send(socket, kernel.encodeText('READY=1'), [])
  assert.equal(await told, 'told')
  assert.deepEqual(manager.heard.slice(0, 2), ['READY=1\n', `MAINPID=${first.pid}\n`])
  closeFd(kernel, socket)
  manager.end()
  await container.destroy()
})

containerTest(
  'process.signal: ConfigInvalid; process.wait: nothing while it can be watched',
  async ({ create }) => {
    const container = await create()
    const process = await startReady(container)
    assert.throws(
      () => process.signal(65),
      (error) => isLibcontainerError(error) && error.code === 'ConfigInvalid',
    )
    // What is watched already needs no descriptor more.
    await starved(async () => {
      process.signal('TERM')
      assert.equal((await process.wait()).exitCode, 0)
    })
    assert.equal(await output(runIn(container, shell('echo x'))), 'x')
  },
)
