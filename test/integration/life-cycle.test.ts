// Tests the life of a container from create to destroy: what each verb does in each status, against the real kernel.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_NAMESPACES, Factory, type FactoryOptions } from 'libcontainer'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import {
  containerTest,
  finish,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  startReady,
  until,
} from '../helpers/container-test.ts'
import { blockUntilZombie } from '../helpers/zombie.ts'

/** Orphans stay zombies until the pid 1 of this machine takes their end. */
function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

containerTest('the life of a container', async ({ factory, create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  assert.equal(await container.status(), 'destroyed')
  const process = await startReady(container)
  assert.equal(await container.status(), 'running')
  assert.deepEqual(await factory.list(), [container.id])
  assert.ok((await container.processes()).includes(process.pid))
  process.signal('TERM')
  assert.deepEqual(await process.wait(), { exitCode: 0, signal: null, status: 0, coreDumped: false })
  assert.equal(await container.status(), 'destroyed')
  await container.destroy()
  assert.deepEqual(await factory.list(), [])
  await container.destroy()
})

containerTest('a container that was created and never started', async ({ factory, create }) => {
  const container = await create()
  assert.equal(await container.status(), 'destroyed')
  assert.deepEqual(await container.processes(), [])
  await refused(container.state(), 'ContainerNotExists')
  await refused(factory.load(container.id), 'ContainerNotExists')
  await refused(factory.create(container.id, container.config), 'IdInUse')
  await container.destroy()
  assert.deepEqual(await factory.list(), [])
})

containerTest(
  'destroy kills: the first process, those it started, and those that joined',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    const first = await container.start(SLEEP)
    const second = await container.start(SLEEP)
    const pids = await container.processes()
    assert.ok(pids.includes(first.pid) && pids.includes(second.pid))
    await container.destroy()
    assert.equal((await first.wait()).signal, 'SIGKILL')
    assert.equal((await second.wait()).signal, 'SIGKILL')
    assert.deepEqual(pids.filter(isAlive), [])
  },
)

containerTest('destroy kills without a pid namespace, by the cgroup', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() }, namespaces: [{ type: 'mount' }] })
  await container.start(shell('sleep 1000 & sleep 1000 & wait'))
  await until('three processes', async () => (await container.processes()).length === 3)
  const pids = await container.processes()
  await container.destroy()
  assert.deepEqual(pids.filter(isAlive), [])
})

containerTest(
  'the end of the first process ends all others without a pid namespace',
  async ({ create, cgroupPath, rootfs }) => {
    for (const exitCode of [0, 3]) {
      rmSync(join(rootfs, 'tmp/go'), { force: true })
      const container = await create({ cgroup: { path: cgroupPath() }, namespaces: [{ type: 'mount' }] })
      const script = `sleep 1000 & while [ ! -e /tmp/go ]; do sleep 0.01; done; exit ${exitCode}`
      const process = await container.start(shell(script))
      await until('two processes', async () => (await container.processes()).length >= 2)
      await runIn(container, 'touch /tmp/go')
      assert.equal((await process.wait()).exitCode, exitCode)
      await until('no process', async () => (await container.processes()).length === 0)
      await container.destroy()
    }
  },
)

containerTest('the end of the first process ends those that joined', async ({ create }) => {
  const container = await create()
  const first = await container.start(SLEEP)
  const second = await container.start(SLEEP)
  first.signal('SIGKILL')
  assert.deepEqual(await first.wait(), { exitCode: null, signal: 'SIGKILL', status: 137, coreDumped: false })
  assert.equal((await second.wait()).signal, 'SIGKILL')
})

containerTest('a zombie is not running, before anybody waited for it', async ({ factory, create }) => {
  const container = await create()
  const process = await container.start(shell('exit 0'))
  const loaded = await factory.load(container.id)
  blockUntilZombie(nodeKernel(), process.pid)
  assert.equal(await loaded.status(), 'destroyed')
  await loaded.destroy()
  assert.equal((await process.wait()).exitCode, 0)
})

containerTest('a container starts again when its first process has ended', async ({ create }) => {
  const container = await create()
  for (const word of ['one', 'two']) assert.equal(await output(runIn(container, `echo ${word}`)), word)
  const [first, second] = [await startReady(container), await container.start(shell('echo $$'))]
  assert.notEqual((await finish(second)).stdout.trim(), '1', 'the later one joined')
  assert.equal(await container.status(), 'running')
  first.signal('TERM')
  await first.wait()
})

containerTest('it starts again after its cgroup was killed whole', async ({ create, cgroupPath }) => {
  const namespaces = DEFAULT_NAMESPACES.filter(({ type }) => type !== 'pid')
  for (const config of [{}, { namespaces }]) {
    const container = await create({ ...config, cgroup: { path: cgroupPath(), pids: { limit: 20 } } })
    const process = await container.start(SLEEP)
    await container.signalAll('KILL')
    assert.equal((await process.wait()).signal, 'SIGKILL')
    for (const word of ['one', 'two']) assert.equal(await output(runIn(container, `echo ${word}`)), word)
    const { cgroup_paths } = await container.start(SLEEP).then(() => container.state())
    if (cgroup_paths.pids !== undefined)
      assert.equal(readFileSync(join(cgroup_paths.pids, 'pids.max'), 'utf8'), '20\n')
  }
})

containerTest('the state on disk', async ({ factory, directory, create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() }, labels: { mine: 'ü' } })
  const process = await container.start(SLEEP)
  const state = await container.state()
  assert.equal(state.id, container.id)
  assert.equal(state.init_process_pid, process.pid)
  const startTime = readFileSync(`/proc/${process.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19]
  assert.equal(state.init_process_start, startTime)
  assert.deepEqual(state.external_descriptors, ['/dev/null', '/dev/null', '/dev/null'])
  for (const path of [...Object.values(state.cgroup_paths), ...Object.values(state.namespace_paths)])
    assert.ok(existsSync(path), path)
  const file = join(directory, 'state', container.id, 'state.json')
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).init_process_pid, process.pid)
  assert.equal(statSync(join(directory, 'state')).mode & 0o777, 0o700)
  const loaded = await factory.load(container.id)
  assert.deepEqual(loaded.config, container.config)
  await container.destroy()
  assert.deepEqual(readdirSync(join(directory, 'state')), [])
})

containerTest('a container without a pid namespace keeps its namespaces in the state', async ({ create }) => {
  const container = await create({
    namespaces: [{ type: 'mount' }, { type: 'uts', path: '/proc/self/ns/uts' }],
  })
  const process = await container.start(SLEEP)
  const { namespace_paths: paths } = await container.state()
  assert.deepEqual(Object.keys(paths).sort(), [
    'NEWCGROUP',
    'NEWIPC',
    'NEWNET',
    'NEWNS',
    'NEWPID',
    'NEWTIME',
    'NEWUSER',
    'NEWUTS',
  ])
  assert.equal(paths.NEWUTS, '/proc/self/ns/uts')
  assert.equal(paths.NEWIPC, `/proc/${process.pid}/ns/ipc`)
})

containerTest('a loaded container can do all that its maker can', async ({ factory, create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  const process = await startReady(container)
  const loaded = await factory.load(container.id)
  assert.equal(await loaded.status(), 'running')
  // A shell that has forked and not yet executed looks like its parent.
  const count = (): Promise<string> => output(runIn(loaded, 'ps -o args | grep -c "[t]rap"'))
  await until('it is there', async () => (await count()) === '1')
  assert.ok((await loaded.stats()).pids)
  await loaded.signal('TERM')
  assert.equal((await process.wait()).exitCode, 0)
  assert.equal(await container.status(), 'destroyed')
  assert.equal(await loaded.status(), 'destroyed')
  await loaded.destroy()
  assert.deepEqual(await factory.list(), [])
})

containerTest(
  'destroying by a loaded object ends it for the maker too',
  async ({ factory, create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    const process = await container.start(SLEEP)
    await (await factory.load(container.id)).destroy()
    assert.equal((await process.wait()).signal, 'SIGKILL')
    assert.equal(await container.status(), 'destroyed')
    await refused(container.state(), 'ContainerNotExists')
    await refused(factory.load(container.id), 'ContainerNotExists')
  },
)

containerTest('the root directory may be a tmpfs of its own, mounted once', async ({ directory, rootfs }) => {
  const root = join(directory, 'tmpfs-root')
  for (let time = 0; time < 2; time++) {
    const factory = await Factory.open(root, { tmpfsRoot: true })
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(` ${root} `))
    assert.equal(mounts.length, 1)
    assert.match(mounts[0] ?? '', /^tmpfs \S+ tmpfs /)
    const container = await factory.create('a', { rootfs })
    await container.destroy()
  }
  execFileSync('umount', [root])
})

containerTest('ids have room for 255 bytes and two grammars', async ({ directory, rootfs, factory }) => {
  for (const id of ['a', 'x'.repeat(255), '__proto__']) await (await factory.create(id, { rootfs })).destroy()
  const oci = await Factory.open(join(directory, 'oci'), { idGrammar: 'oci' })
  for (const id of ['a-b.c+d', '...', '-x']) {
    const container = await oci.create(id, { rootfs })
    await output(runIn(container, 'true'))
    await (await oci.load(id)).destroy()
  }
})

containerTest('options of a factory are checked before its directory is made', async ({ directory }) => {
  const root = join(directory, 'unmade')
  const wrong = {
    tmpfsRoot: 'yes',
    cgroupManager: 'cgroup',
    criuPath: '',
    validator: {},
    idGrammar: null,
    cgroupmanager: 'none',
  }
  for (const [name, value] of Object.entries(wrong)) {
    const error = await refused(Factory.open(root, { [name]: value } as FactoryOptions), 'ConfigInvalid')
    assert.equal(error.field, `options.${name}`)
  }
  for (const options of [null, 'none', []])
    await refused(Factory.open(root, options as FactoryOptions), 'ConfigInvalid')
  assert.ok(!existsSync(root))
})

containerTest('a start while the first process ends joins it, or begins anew', async ({ create }) => {
  const container = await create()
  for (let round = 0; round < 40; round++) {
    const first = await container.start({ ...shell('echo x; exec >&-; exit'), stderr: 'ignore' })
    for await (const _ of first.stdout);
    for (let turn = 0; turn < round % 4; turn++) await new Promise(setImmediate)
    // A process that had joined is killed with the first one; one that began anew is not.
    const { stdout, status } = await runIn(container, 'echo y')
    assert.ok(status === 137 || stdout === 'y\n', `${status} ${stdout}`)
    await first.wait()
  }
})
