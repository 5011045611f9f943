// Tests of the commands of runt by which a container lives: create, start, state, kill, delete, and run in both of its
// ways. Each says what callers look for, and leaves nothing in the end.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { SOCK_CLOEXEC } from '../../src/abi/flags.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { closeAll, closeFd } from '../../src/system/fd.ts'
import { syscall } from '../../src/system/syscall.ts'
import { listenAt } from '../../src/system/unix-socket.ts'
import { type BundleOptions, writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const scene = new RuntScene('life')
const scope = { root: scene.root, name: scene.name }
const reap = (): void => reapOrphans(nodeKernel())
before(() => {
  if (skip === false) adoptOrphans(nodeKernel())
})

let count = 0

/** A test with a bundle of its own and an id that nobody else has; nothing may be left after it. */
function lifeTest(
  name: string,
  bundle: Partial<BundleOptions>,
  run: (id: string) => Promise<void> | void,
): void {
  test(name, { skip, timeout: 300_000 }, async () => {
    const id = `${scene.name}-${++count}`
    writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}`, ...bundle })
    const expected = { scope, before: takeSnapshot(scope), reap }
    try {
      await run(id)
    } finally {
      scene.runt('delete', '--force', id)
    }
    await assertNothingLeft(expected, name)
  })
}

const text = (file: string): string => readFileSync(file, 'utf8')
const ok = { status: 0, stdout: '', stderr: '' }
const create = (id: string, ...more: readonly string[]): string => {
  const { status, file } = scene.leave('create', ...more, '--bundle', scene.bundle, id)
  assert.deepEqual([status, text(file)], [0, ''])
  return file
}
const state = (id: string) => JSON.parse(scene.runt('state', id).stdout)
const fails = (expected: RegExp, ...args: readonly string[]): void => {
  const { status, stdout, stderr } = scene.runt(...args)
  assert.match(stderr, expected)
  assert.deepEqual([status, stdout], [1, ''])
}

lifeTest('create, start, kill, delete, and the state between them', {}, async (id) => {
  create(id)
  const created = state(id)
  const { pid } = created
  assert.deepEqual(created, {
    ociVersion: '1.3.0',
    id,
    pid,
    status: 'created',
    bundle: scene.bundle,
    rootfs: join(scene.bundle, 'rootfs'),
    created: created.created,
    owner: '',
  })
  assert.match(created.created, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/)
  assert.match(readlinkSync(`/proc/${pid}/exe`), /libcontainer:init/)
  assert.deepEqual(scene.runt('start', id), ok)
  assert.deepEqual(state(id), { ...created, status: 'running' })
  assert.match(readlinkSync(`/proc/${pid}/exe`), /busybox/)
  fails(/cannot start an already running container/, 'start', id)
  fails(new RegExp(`cannot delete container ${id} that is not stopped: running`), 'delete', id)
  assert.deepEqual(scene.runt('kill', id, '0'), ok)
  assert.deepEqual(scene.runt('kill', id, 'KILL'), ok)
  await until('stopped', () => state(id).status === 'stopped')
  assert.deepEqual(state(id), { ...created, status: 'stopped', pid: 0 })
  fails(/container not running/, 'kill', id, 'KILL')
  fails(/container not running/, 'kill', id, '0')
  fails(/cannot start a container that has stopped/, 'start', id)
  assert.deepEqual(scene.runt('delete', id), ok)
  fails(/container does not exist/, 'state', id)
})

lifeTest('state is printed as runc prints it', {}, (id) => {
  create(id)
  const { stdout } = scene.runt('state', id)
  assert.equal(stdout, JSON.stringify(JSON.parse(stdout), null, 2))
})

lifeTest('--cgroup-manager disabled, as podman says it to crun: no cgroup is made', {}, (id) => {
  const { status } = scene.leave('--cgroup-manager', 'disabled', 'create', '--bundle', scene.bundle, id)
  assert.equal(status, 0)
  assert.equal(text(`/proc/${state(id).pid}/cgroup`), text('/proc/self/cgroup'))
})

lifeTest('what is created can be deleted, and joined and killed before its start', {}, async (id) => {
  create(id)
  fails(/already exists/, 'create', '--bundle', scene.bundle, id)
  assert.equal(state(id).status, 'created')
  for (const signal of ['9', 'TERM', 'SIGINT']) {
    assert.deepEqual(scene.runt('kill', id, signal), ok)
    await until('stopped', () => state(id).status === 'stopped')
    fails(/cannot start a container that has stopped/, 'start', id)
    assert.deepEqual(scene.runt('delete', id), ok)
    create(id)
  }
  assert.deepEqual(scene.runt('delete', id), ok)
})

lifeTest('only --force deletes what runs, and what is not there', {}, (id) => {
  create(id)
  scene.runt('start', id)
  assert.deepEqual(scene.runt('delete', '--force', id), ok)
  assert.deepEqual(scene.runt('delete', '-f', id), ok)
  fails(/container does not exist/, 'delete', id)
})

lifeTest(
  'the container writes to the streams of create',
  { command: 'echo to you; echo and you >&2' },
  async (id) => {
    const file = create(id)
    assert.deepEqual(scene.runt('start', id), ok)
    await until('stopped', () => state(id).status === 'stopped')
    assert.equal(text(file), 'to you\nand you\n')
  },
)

lifeTest('create tells what start would stumble over', { command: ['no-such-command'] }, (id) => {
  fails(/executable file not found in \$PATH/, 'create', '--bundle', scene.bundle, id)
})

lifeTest('start tells what could not be executed', { command: ['/script'] }, async (id) => {
  writeFileSync(join(scene.bundle, 'rootfs/script'), '#!/no/interpreter\n', { mode: 0o755 })
  create(id)
  fails(/exec \/script: no such file or directory.*interpreter/, '--log-format', 'json', 'start', id)
  await until('stopped', () => state(id).status === 'stopped')
})

lifeTest('a pid file, whole or not at all', {}, (id) => {
  const file = join(scene.directory, 'some.pid')
  writeFileSync(join(scene.directory, '.some.pid'), 'left by one that was killed')
  create(id, '--pid-file', file)
  assert.equal(text(file), String(state(id).pid))
  assert.ok(!existsSync(join(scene.directory, '.some.pid')))
  scene.runt('delete', '--force', id)
  fails(/pid file.*no such file/, 'create', '--pid-file', '/no/such/directory/pid', '-b', scene.bundle, id)
})

lifeTest('--pidfd-socket hands the process over', {}, async (id) => {
  const kernel = nodeKernel()
  const listener = listenAt(kernel, scene.directory, 'pidfd.sock')
  const received = (): readonly [string, number] => {
    const peer = syscall(kernel, 'accept4', listener, null, null, SOCK_CLOEXEC)
    const bytes = new Uint8Array(64)
    const descriptors = new Int32Array(2)
    const length = kernel.receive(peer, bytes, descriptors)
    const [pidfd = -1] = descriptors
    const pid = /^Pid:\t(\d+)$/m.exec(text(`/proc/self/fdinfo/${pidfd}`))?.[1]
    closeAll(kernel, [peer, pidfd])
    return [kernel.decodeText(bytes.subarray(0, length)), Number(pid)]
  }
  // By a relative path, which is the caller's.
  create(id, '--pidfd-socket', 'pidfd.sock')
  assert.deepEqual(received(), ['standard', state(id).pid])
  scene.runt('start', id)
  scene.leave('exec', '-d', '--pid-file', 'exec.pid', '--pidfd-socket', 'pidfd.sock', id, '/bin/sleep', '9')
  const later = Number(text(join(scene.directory, 'exec.pid')))
  assert.deepEqual(received(), ['setns', later])
  closeFd(kernel, listener)
  // Ours to reap, and nobody does while a command runs: without that, its container would not end.
  process.kill(later, 'SIGKILL')
  await until('its end', () => {
    reap()
    return !existsSync(`/proc/${later}`)
  })
  assert.deepEqual(scene.runt('delete', '--force', id), ok)
  fails(/hand over|connect.*pidfd.sock/, 'create', '--pidfd-socket', 'pidfd.sock', '-b', scene.bundle, id)
})

lifeTest('run in the background', { command: 'echo hello; exec sleep 1000' }, async (id) => {
  const pidFile = join(scene.directory, 'run.pid')
  const { status, file } = scene.leave('run', '-d', '--pid-file', pidFile, '-b', scene.bundle, id)
  assert.equal(status, 0)
  assert.equal(state(id).status, 'running')
  assert.equal(text(pidFile), String(state(id).pid))
  await until('a word', () => text(file) === 'hello\n')
  assert.deepEqual(scene.runt('kill', id, 'SIGKILL'), ok)
})

lifeTest('run keeps the container if asked for', { command: 'exit 3' }, (id) => {
  assert.equal(scene.runt('run', '--keep', '-b', scene.bundle, id).status, 3)
  assert.equal(state(id).status, 'stopped')
  assert.deepEqual(scene.runt('delete', id), ok)
  assert.equal(scene.runt('run', '-b', scene.bundle, id).status, 3)
  fails(/container does not exist/, 'state', id)
})

lifeTest(
  'kill --all reaches those whose first process has ended',
  { namespaces: ['mount', 'uts'], command: 'sleep 1000 & sleep 1000 & exit 0' },
  async (id) => {
    scene.leave('run', '-d', '-b', scene.bundle, id)
    await until('stopped', () => state(id).status === 'stopped')
    assert.equal(JSON.parse(scene.runt('ps', '-f', 'json', id).stdout).length, 2)
    assert.deepEqual(scene.runt('kill', '--all', id, 'TERM'), ok)
    await until(
      'nobody',
      () => (JSON.parse(scene.runt('ps', '-f', 'json', id).stdout || '[]')?.length ?? 0) === 0,
    )
    assert.deepEqual(scene.runt('kill', '-a', id), ok)
  },
)

for (const name of ['USR1', 'sigusr1', '10'])
  lifeTest(
    `kill understands ${name}`,
    { command: "trap 'echo heard; exit 0' USR1; echo ready; while :; do sleep 0.01; done" },
    async (id) => {
      const { file } = scene.leave('run', '-d', '-b', scene.bundle, id)
      await until('ready', () => text(file).includes('ready'))
      assert.deepEqual(scene.runt('kill', id, name), ok)
      await until('heard', () => text(file).includes('heard'))
    },
  )

lifeTest('a signal that is none', {}, (id) => {
  create(id)
  for (const signal of ['NOSUCH', '-1', '99', '']) fails(/signal|no such option/, 'kill', id, signal)
})

lifeTest('a paused container is killed all the same', {}, async (id) => {
  scene.leave('run', '-d', '-b', scene.bundle, id)
  assert.deepEqual(scene.runt('pause', id), ok)
  assert.equal(state(id).status, 'paused')
  fails(/container paused/, 'start', id)
  assert.deepEqual(scene.runt('kill', id, 'KILL'), ok)
  await until('stopped', () => state(id).status === 'stopped')
})

lifeTest('its session keyring is its own, unless it is not wanted', { command: 'cat /proc/keys' }, (id) => {
  const own = scene.runt('run', '-b', scene.bundle, id)
  assert.match(own.stdout, new RegExp(`_ses\\.${id}`))
  const shared = scene.runt('run', '--no-new-keyring', '-b', scene.bundle, `${id}-shared`)
  assert.deepEqual([shared.status, shared.stdout.includes(`_ses.${id}-shared`)], [0, false])
})

lifeTest('--no-pivot enters the root by chroot', { command: 'ls /' }, (id) => {
  const { status, stdout } = scene.runt('run', '--no-pivot', '-b', scene.bundle, id)
  assert.deepEqual([status, stdout.includes('bin\n')], [0, true])
})

test('ids of any kind', { skip, timeout: 300_000 }, () => {
  mkdirSync(join(scene.root, 'x'), { recursive: true })
  for (const command of ['state', 'start', 'kill', 'delete']) {
    fails(/invalid container ID format/, command, '../x')
    fails(/container does not exist/, command, 'nobody')
  }
  assert.deepEqual(readdirSync(join(scene.root, 'x')), [])
})
