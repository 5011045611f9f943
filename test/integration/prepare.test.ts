// Tests a start in two parts: what is there in between, what each part refuses, and that the two may belong to
// different programs, of which the first is gone.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  containerTest,
  finish,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  until,
} from '../helpers/container-test.ts'
import { Program } from '../helpers/second-program.ts'

const PREPARE = `
  import { Factory } from 'libcontainer'
  const [, , state, rootfs, cgroup, script] = process.argv
  const factory = await Factory.open(state)
  const container = await factory.create('prepared', { rootfs, cgroup: { path: cgroup } })
  const prepared = await container.prepare({
    args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore', stdout: 'inherit', stderr: 'inherit',
  })
  prepared.unref()`

containerTest('a process that is prepared executes nothing before its release', async ({ create }) => {
  const container = await create()
  const prepared = await container.prepare(shell('echo it ran; exit 3'))
  const outcome = finish(prepared)
  assert.equal(await container.status(), 'created')
  assert.match(readlinkSync(`/proc/${prepared.pid}/exe`), /libcontainer:init/)
  assert.deepEqual((await container.state()).prepared, { command: '/bin/sh' })
  await container.release()
  assert.deepEqual(await outcome, { stdout: 'it ran\n', stderr: '', status: 3 })
  assert.equal(await container.status(), 'destroyed')
})

containerTest('it is all there before its release but its command', async ({ create }) => {
  const container = await create({ hostname: 'prepared', noNewPrivileges: false })
  const prepared = await container.prepare({ ...SLEEP, user: 'daemon', cwd: '/tmp' })
  const status = readFileSync(`/proc/${prepared.pid}/status`, 'utf8')
  assert.match(status, /^Uid:\t1\t1\t1\t1$/m)
  assert.match(status, /^Seccomp:\t2$/m)
  assert.equal(readlinkSync(`/proc/${prepared.pid}/cwd`), '/tmp')
  // The three streams, and two that close at execve: the control socket is gone, and the one that waits is not.
  assert.equal(readdirSync(`/proc/${prepared.pid}/fd`).length, 4)
  await container.release()
  assert.equal(readdirSync(`/proc/${prepared.pid}/fd`).length, 3)
  assert.equal(await output(runIn(container, 'hostname')), 'prepared')
})

containerTest('its extra files are where they belong, and no others', async ({ create }) => {
  const container = await create()
  const prepared = await container.prepare({
    ...shell('cd /proc/$$/fd; for fd in *; do [ -e $fd ] && echo $fd; done; true'),
    extraFiles: [0, 1],
  })
  const outcome = finish(prepared)
  await container.release()
  assert.deepEqual((await outcome).stdout.trim().split('\n'), ['0', '1', '2', '3', '4'])
})

containerTest('other processes may join it before its release', async ({ create }) => {
  const container = await create()
  const prepared = await container.prepare(SLEEP)
  assert.equal(await output(runIn(container, 'echo beside')), 'beside')
  assert.equal(await container.status(), 'created')
  await container.release()
  assert.equal(await container.status(), 'running')
  prepared.signal('KILL')
  assert.equal((await prepared.wait()).signal, 'SIGKILL')
})

containerTest('it ends by a signal before its release, and hears no other', async ({ create }) => {
  const container = await create()
  for (const [signal, number] of [
    ['TERM', 15],
    ['INT', 2],
    ['SEGV', 11],
  ] as const) {
    const prepared = await container.prepare(SLEEP)
    for (const other of ['USR1', 'CHLD', 'WINCH', 'ALRM', 'PIPE'] as const) prepared.signal(other)
    assert.equal(await container.status(), 'created')
    prepared.signal(signal)
    const { exitCode, signal: death } = await prepared.wait()
    assert.deepEqual([exitCode, death], [128 + number, null], signal)
    await refused(container.release(), 'ContainerNotRunning')
  }
  const shared = await create({ namespaces: [{ type: 'mount' }] })
  const prepared = await shared.prepare(SLEEP)
  prepared.signal('TERM')
  assert.equal((await prepared.wait()).signal, 'SIGTERM')
})

containerTest('what the signals did before the release, they do not afterwards', async ({ create }) => {
  const container = await create()
  const prepared = await container.prepare({ ...shell(''), args: ['/bin/cat', '/proc/self/status'] })
  const outcome = finish(prepared)
  await container.release()
  assert.match((await outcome).stdout, /^SigCgt:\t0{16}$/m)
})

containerTest(
  'what can be known is told when it is prepared, and nothing is left',
  async ({ create, factory }) => {
    const container = await create()
    const wrong = [
      { ...shell('true'), args: ['/no/such/file'], step: 'find the command' },
      { ...shell('true'), cwd: '/etc/passwd/no', step: 'make the working directory' },
    ]
    for (const { step, ...process } of wrong) {
      const error = await refused(container.prepare(process), 'SystemError')
      assert.equal(error.step, step)
      assert.deepEqual(await factory.list(), [])
    }
    await refused(container.prepare({ ...shell('true'), user: 'nobody-here' }), 'SystemError')
    assert.deepEqual(await factory.list(), [])
  },
)

containerTest('a command that cannot be executed is told at the release', async ({ create, rootfs }) => {
  writeFileSync(join(rootfs, 'script'), '#!/no/interpreter\n', { mode: 0o755 })
  const container = await create()
  const prepared = await container.prepare({ ...SLEEP, args: ['/script'] })
  const error = await refused(container.release(), 'SystemError')
  assert.deepEqual([error.step, error.errno], ['execute', 'ENOENT'])
  assert.match(error.message, /"\/script".*interpreter/)
  assert.equal((await prepared.wait()).exitCode, 127)
  await refused(container.release(), 'ContainerNotRunning')
})

containerTest('each part is refused where it does not belong', async ({ create }) => {
  const container = await create({ cgroup: { path: `/prepare-test-${process.pid}` } })
  await refused(container.release(), 'ContainerNotRunning')
  await container.prepare(SLEEP)
  await refused(container.prepare(SLEEP), 'ContainerNotStopped')
  await container.pause()
  assert.equal(await container.status(), 'paused')
  await refused(container.release(), 'ContainerPaused')
  await container.resume()
  assert.equal(await container.status(), 'created')
  await container.release()
  const error = await refused(container.release(), 'ContainerNotStopped')
  assert.match(error.message, /cannot start an already running container/)
  await refused(container.prepare(SLEEP), 'ContainerNotStopped')
  const follower = await create({ parentDeathSignal: 'SIGKILL' })
  assert.equal((await refused(follower.prepare(SLEEP), 'ConfigInvalid')).field, 'parentDeathSignal')
})

containerTest('a container can be prepared again after its end', async ({ create }) => {
  const container = await create()
  for (const word of ['one', 'two']) {
    const outcome = finish(await container.prepare(shell(`echo ${word}`)))
    await container.release()
    assert.equal((await outcome).stdout, `${word}\n`)
  }
  await container.start(SLEEP)
  assert.equal(await container.status(), 'running')
})

containerTest(
  'one program prepares, and is gone; another one releases',
  async ({ directory, rootfs, factory, cgroupPath }) => {
    const maker = new Program(
      `${PREPARE}
     console.log('made')`,
      join(directory, 'state'),
      rootfs,
      cgroupPath(),
      'echo by the second',
    )
    assert.equal(await maker.line(), 'made')
    await until('the end of the maker', () => !existsSync(`/proc/${maker.pid}/exe`))
    const found = await factory.load('prepared')
    assert.equal(await found.status(), 'created')
    await found.release()
    assert.equal(await maker.finish(), 'by the second')
    await found.destroy()
    assert.deepEqual(readdirSync(join(directory, 'state')), [])
  },
)

containerTest('of ten that release, one does', async ({ create, factory }) => {
  const container = await create()
  await container.prepare(SLEEP)
  const others = await Promise.all(Array.from({ length: 10 }, () => factory.load(container.id)))
  const results = await Promise.allSettled(others.map((other) => other.release()))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal(await container.status(), 'running')
})

containerTest(
  'what is prepared can be destroyed, by another program too',
  async ({ create, factory, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    const prepared = await container.prepare(SLEEP)
    const { cgroup_paths } = await container.state()
    const ended = prepared.wait()
    await (await factory.load(container.id)).destroy()
    assert.equal((await ended).signal, 'SIGKILL')
    for (const path of Object.values(cgroup_paths)) assert.ok(!existsSync(path), path)
  },
)
