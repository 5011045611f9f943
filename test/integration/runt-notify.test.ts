// Tests of NOTIFY_SOCKET (sd_notify(3)): a container that says that it is ready is heard by the service manager of
// whoever started it, and nothing else that it says is.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { closeFd } from '../../src/system/fd.ts'
import { sleep } from '../../src/system/reactor.ts'
import { receiveAt } from '../../src/system/unix-socket.ts'
import { buildProgram } from '../helpers/build-runt.ts'
import { type BundleOptions, writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'
import { ServiceManager } from '../helpers/service-manager.ts'

const scene = new RuntScene('notify')
const scope = { root: scene.root, name: scene.name }
const alive = new Set<number | undefined>()
before(async () => {
  if (skip !== false) return
  adoptOrphans(nodeKernel())
  // What the host has for good once it has waited for anything.
  await sleep(nodeKernel(), 1)
  const program = join(scene.bundle, 'rootfs/bin/notify')
  copyFileSync(buildProgram('test/helpers/notify-program.ts', 'notify-program'), program)
  chmodSync(program, 0o755)
})

/** A command that runs while its test does. */
interface Running {
  readonly child: ChildProcess
  readonly pid: number
  /** Resolves to the exit status, or the signal. */
  readonly end: Promise<number | string | null>
  /** What it and its container wrote. */
  said(): string
}

interface Stage {
  readonly id: string
  readonly manager: ServiceManager
  /** Starts a command; `run` and `create` get the bundle. */
  runt(...args: readonly string[]): Running
  /** The same with another NOTIFY_SOCKET; '' for none. */
  runtWith(address: string, ...args: readonly string[]): Running
}

let count = 0

function launch(address: string, args: readonly string[]): Running {
  const file = join(scene.directory, `said-${++count}`)
  const output = openSync(file, 'w')
  const { NOTIFY_SOCKET: _, ...env } = process.env
  const child = spawn(scene.path, ['--root', scene.root, ...args], {
    stdio: ['ignore', output, output],
    env: address === '' ? env : { ...env, NOTIFY_SOCKET: address },
  })
  closeSync(output)
  const pid = child.pid as number
  alive.add(pid)
  const end = new Promise<number | string | null>((resolve) =>
    child.on('exit', (code, signal) => {
      alive.delete(pid)
      resolve(signal ?? code)
    }),
  )
  return { child, pid, end, said: () => readFileSync(file, 'utf8') }
}

function notifyTest(
  name: string,
  bundle: Partial<BundleOptions>,
  run: (stage: Stage) => Promise<void>,
): void {
  test(name, { skip, timeout: 300_000 }, async () => {
    const id = `${scene.name}-${++count}`
    writeConfig(scene.bundle, { command: WHEN_TOLD, cgroupsPath: `/${id}`, ...bundle })
    const expected = { scope, before: takeSnapshot(scope), reap: () => reapOrphans(nodeKernel(), alive) }
    const manager = ServiceManager.at(nodeKernel(), scene.directory, `${id}.sock`)
    const running: Running[] = []
    const runtWith = (address: string, verb = '', ...rest: readonly string[]): Running => {
      const more = verb === 'run' || verb === 'create' ? ['--bundle', scene.bundle] : []
      running.push(launch(address, [verb, ...more, ...rest]))
      return running.at(-1) as Running
    }
    try {
      await run({ id, manager, runtWith, runt: (...args) => runtWith(manager.address, ...args) })
    } finally {
      scene.runt('delete', '--force', id)
      await Promise.all(running.map(({ end }) => end))
      manager.end()
    }
    await assertNothingLeft(expected, name)
  })
}

/** A container that says what is of no interest, and that it is ready when it gets SIGUSR1. */
const WHEN_TOLD =
  "trap 'notify READY=1 && echo told; exec sleep 1000' USR1; notify STATUS=starting MAINPID=1 '' FDSTORE=1 && echo up; while :; do sleep 0.01; done"

const state = (id: string) => JSON.parse(scene.runt('state', id).stdout)
const pidOf = (id: string): number => state(id).pid
const told = (pid: number): readonly string[] => ['READY=1\n', `MAINPID=${pid}\n`, 'BARRIER=1']
const isWaiter = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'libcontainer:w\n'
/** Time to do what should not be done. */
const giveTime = (): Promise<void> => sleep(nodeKernel(), 300)

notifyTest('run -d ends when the container is ready', {}, async ({ id, manager, runt }) => {
  const { child, end, said } = runt('run', '-d', id)
  await until('up', () => said() === 'up\n')
  await giveTime()
  assert.deepEqual([child.exitCode, manager.heard], [null, []])
  scene.runt('kill', id, 'USR1')
  assert.equal(await end, 0)
  assert.deepEqual(manager.heard, told(pidOf(id)))
  await until('told', () => said() === 'up\ntold\n')
})

notifyTest('create does not wait, start does', {}, async ({ id, manager, runt }) => {
  const create = runt('create', id)
  assert.equal(await create.end, 0)
  const start = runt('start', id)
  await until('up', () => create.said() === 'up\n')
  await giveTime()
  assert.deepEqual([start.child.exitCode, manager.heard], [null, []])
  scene.runt('kill', id, 'USR1')
  assert.equal(await start.end, 0)
  assert.deepEqual(manager.heard, told(pidOf(id)))
})

notifyTest('a foreground run is the service, and waits as the waiter then', {}, async (stage) => {
  const { id, manager } = stage
  const { pid, end, said } = stage.runt('run', id)
  await until('up', () => said() === 'up\n')
  await giveTime()
  assert.deepEqual([isWaiter(pid), manager.heard], [false, []])
  // Passed on by it, before it is ready.
  process.kill(pid, 'SIGUSR1')
  await until('it waits', () => isWaiter(pid))
  assert.deepEqual(manager.heard, told(pid))
  scene.runt('kill', id, 'KILL')
  assert.equal(await end, 137)
  assert.ok(!existsSync(join(scene.root, id)))
})

notifyTest(
  'a terminal is shown meanwhile',
  { command: 'tty; notify READY=1; exit 6', process: { terminal: true } },
  async ({ id, manager }) => {
    const words = [scene.path, '--root', scene.root, 'run', '--bundle', scene.bundle, id]
    const child = spawn('script', ['-qec', words.join(' '), '/dev/null'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NOTIFY_SOCKET: manager.address },
    })
    let text = ''
    child.stdout.on('data', (bytes) => {
      text += bytes
    })
    assert.equal(await new Promise((resolve) => child.on('close', resolve)), 6)
    assert.match(text, /\/dev\/(pts\/0|console)/)
    assert.match(manager.heard.join(), /^READY=1\n,MAINPID=\d+\n,BARRIER=1$/)
  },
)

notifyTest('the end of a container that was never ready', { command: 'exit 3' }, async (stage) => {
  const { id, manager } = stage
  assert.equal(await stage.runt('run', '-d', id).end, 0)
  assert.equal(scene.runt('delete', id).status, 0)
  assert.equal(await stage.runt('run', id).end, 3)
  assert.equal(await stage.runt('create', id).end, 0)
  assert.equal(await stage.runt('start', id).end, 0)
  assert.deepEqual(manager.heard, [])
})

notifyTest(
  'its last word counts, in whatever line it is',
  { command: ['/bin/notify', 'STATUS=ready at last\nREADY=1\nMAINPID=1'] },
  async ({ id, manager, runt }) => {
    const { pid, end } = runt('run', id)
    assert.equal(await end, 0)
    assert.deepEqual(manager.heard, told(pid))
  },
)

notifyTest(
  'the container may send, whoever it runs as, and change nothing',
  {
    command:
      'env | grep NOTIFY; ls -ln /run/notify | cut -c 1-10; touch /run/notify/x; rm /run/notify/notify.sock; grep -o " /run/notify [a-z0-9]* [a-z,]*" /proc/mounts; notify READY=1',
    process: { user: { uid: 1000, gid: 1000 }, env: ['PATH=/bin', 'NOTIFY_SOCKET=/not/this'] },
  },
  async ({ id, manager, runt }) => {
    const umask = process.umask(0o077)
    const { end, said } = runt('run', id)
    process.umask(umask)
    assert.equal(await end, 0)
    assert.equal(manager.heard.length, 3)
    const [env, , socket, touch, rm, mount] = said().split('\n')
    assert.deepEqual([env, socket], ['NOTIFY_SOCKET=/run/notify/notify.sock', 'srwxrwxrwx'])
    assert.match(`${touch} ${rm}`, /Read-only file system.*Read-only file system/)
    assert.match(mount ?? '', /ro,nosuid,nodev,noexec/)
  },
)

notifyTest('an abstract socket', { command: 'notify READY=1' }, async ({ id, runtWith }) => {
  const abstract = ServiceManager.abstract(nodeKernel(), id)
  const { pid, end } = runtWith(abstract.address, 'run', id)
  assert.equal(await end, 0)
  assert.deepEqual(abstract.heard, told(pid))
  abstract.end()
  const unheard = runtWith(abstract.address, 'run', id)
  await unheard.end
  assert.match(unheard.said(), new RegExp(`connect to.*@${id}.*ECONNREFUSED`))
})

notifyTest('nobody hears it: run goes on, start says so', { command: 'sleep 0.5; exit 4' }, async (stage) => {
  const { id, runtWith } = stage
  const run = runtWith('/no/such/socket', 'run', id)
  assert.equal(await run.end, 4)
  assert.match(run.said(), /connect to.*\/no\/such\/socket.*no such file/)
  const detached = runtWith('not/absolute', 'run', '-d', id)
  assert.equal(await detached.end, 0)
  assert.match(detached.said(), /expected an absolute path/)
  scene.runt('delete', '--force', id)
  assert.equal(await runtWith('/no/such/socket', 'create', id).end, 0)
  const start = runtWith('/no/such/socket', 'start', id)
  assert.equal(await start.end, 1)
  assert.match(start.said(), /connect to.*\/no\/such\/socket.*no such file/)
  assert.notEqual(state(id).status, 'created')
})

notifyTest('start where create knew of no manager', {}, async ({ id, runt, runtWith }) => {
  assert.equal(await runtWith('', 'create', id).end, 0)
  assert.deepEqual(readdirSync(join(scene.root, id)).sort(), ['release.sock', 'state.json'])
  const start = runt('start', id)
  assert.equal(await start.end, 1)
  assert.match(start.said(), /made without a socket/)
  assert.equal(state(id).status, 'created')
  assert.equal(await runtWith('', 'start', id).end, 0)
})

notifyTest('a start that was killed left its socket', {}, async ({ id, manager, runt }) => {
  const create = runt('create', id)
  assert.equal(await create.end, 0)
  const held = receiveAt(nodeKernel(), join(scene.root, id, 'notify'), 'notify.sock')
  const refused = runt('start', id)
  assert.equal(await refused.end, 1)
  assert.match(refused.said(), /EADDRINUSE/)
  closeFd(nodeKernel(), held)
  const start = runt('start', id)
  await until('up', () => create.said() === 'up\n')
  scene.runt('kill', id, 'USR1')
  assert.equal(await start.end, 0)
  assert.equal(manager.heard.length, 3)
})

notifyTest('whoever waits is killed', {}, async ({ id, manager, runt }) => {
  const { child, end, said } = runt('run', '-d', id)
  await until('up', () => said() === 'up\n')
  child.kill('SIGKILL')
  assert.equal(await end, 'SIGKILL')
  assert.equal(state(id).status, 'running')
  assert.equal(scene.runt('delete', '--force', id).status, 0)
  assert.deepEqual([manager.heard, existsSync(join(scene.root, id))], [[], false])
  rmSync(manager.address)
})
