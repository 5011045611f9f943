// Tests of `runt run` and `runt exec` in the foreground while their process runs for long: the command is init's waiter
// then, small, deaf to nothing, and in the end as if it had been there all the time.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { type BundleOptions, writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { ended, HostPty } from '../helpers/host-pty.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const scene = new RuntScene('wait')
const scope = { root: scene.root, name: scene.name }
const alive = new Set<number | undefined>()
before(() => {
  if (skip === false) adoptOrphans(nodeKernel())
})

/** A command that has become the waiter. */
interface Waiter {
  /** The container. */
  readonly id: string
  readonly pid: number
  readonly child: ChildProcess
  /** Resolves to the exit status, or the signal. */
  readonly end: Promise<number | string | null>
  said(): string
}

const proc = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
const isWaiter = (pid: number): boolean => proc(pid, 'comm') === 'libcontainer:w\n'

function spawnRunt(id: string, args: readonly string[]): Waiter {
  const child = spawn(scene.path, args, { stdio: ['ignore', 'pipe', 'inherit'], cwd: scene.directory })
  const pid = child.pid as number
  alive.add(pid)
  let text = ''
  child.stdout.on('data', (bytes) => {
    text += bytes
  })
  const end = new Promise<number | string | null>((resolve) =>
    child.on('exit', (code, signal) => {
      alive.delete(pid)
      resolve(signal ?? code)
    }),
  )
  return { id, pid, child, end, said: () => text }
}

function waitTest(
  name: string,
  bundle: Partial<BundleOptions>,
  more: { readonly options?: readonly string[]; readonly global?: readonly string[] },
  run: (waiter: Waiter) => Promise<void>,
): void {
  test(name, { skip, timeout: 300_000 }, async () => {
    const id = `${scene.name}-${name.length}`
    const expected = { scope, before: takeSnapshot(scope), reap: () => reapOrphans(nodeKernel(), alive) }
    writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}`, ...bundle })
    const global = ['--root', scene.root, ...(more.global ?? [])]
    const waiter = spawnRunt(id, [...global, 'run', ...(more.options ?? []), '--bundle', scene.bundle, id])
    try {
      await until('it waits', () => isWaiter(waiter.pid))
      await run(waiter)
    } finally {
      scene.runt('delete', '--force', id)
      await waiter.end
    }
    await assertNothingLeft(expected, name)
  })
}

/** The same for `runt exec` in a container that sleeps. */
function execTest(
  name: string,
  script: string,
  run: (waiter: Waiter) => Promise<void>,
  options: readonly string[] = [],
): void {
  test(`exec: ${name}`, { skip, timeout: 300_000 }, async () => {
    const { id, end } = await scene.start()
    try {
      const words = ['--root', scene.root, 'exec', ...options, id, '/bin/sh', '-c', script]
      const waiter = spawnRunt(id, words)
      await until('it waits', () => isWaiter(waiter.pid))
      await run(waiter)
      assert.equal(JSON.parse(scene.runt('state', id).stdout).status, 'running')
    } finally {
      await end()
    }
  })
}

const residentKib = (pid: number): number => Number(/^Rss:\s+(\d+) kB/m.exec(proc(pid, 'smaps_rollup'))?.[1])
const openFiles = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
const childrenOf = (pid: number): readonly string[] => proc(pid, `task/${pid}/children`).trim().split(' ')

const handler = (signal: string, status = 42): string =>
  `trap 'echo got ${signal}; exit ${status}' ${signal}; echo ready; while :; do sleep 0.01; done`
/** Lets a `handler` of SIGUSR1 end. @returns the exit status of the waiter */
async function endByHandler({ child, end, said }: Waiter): Promise<number | string | null> {
  await until('ready', () => said().includes('ready'))
  child.kill('SIGUSR1')
  return end
}

waitTest('it is small, and holds nothing but what it needs', {}, {}, async ({ pid, id }) => {
  assert.ok(residentKib(pid) <= 64, `${residentKib(pid)} KiB`)
  const links = openFiles(pid)
  assert.equal(links.length, 5, links.join(' '))
  assert.ok(links.includes('anon_inode:[pidfd]') && links.includes(scene.path), links.join(' '))
  assert.equal(proc(pid, 'cmdline').split('\0')[0], 'runt:wait')
  assert.equal(JSON.parse(scene.runt('state', id).stdout).status, 'running')
})

for (const status of [0, 7, 255])
  waitTest(
    `the exit status is that of the process: ${status}`,
    { command: handler('USR1', status) },
    {},
    async (waiter) => {
      assert.equal(await endByHandler(waiter), status)
      assert.deepEqual(readdirSync(scene.root), [])
    },
  )

waitTest('128 and the signal that ended it', {}, {}, async ({ id, end }) => {
  assert.equal(scene.runt('kill', id, 'KILL').status, 0)
  assert.equal(await end, 137)
  assert.deepEqual(readdirSync(scene.root), [])
})

for (const signal of ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'ALRM', 'TSTP', 'CONT'] as const)
  waitTest(`SIG${signal} is passed on`, { command: handler(signal) }, {}, async ({ child, end, said }) => {
    await until('ready', () => said().includes('ready'))
    child.kill(`SIG${signal}`)
    assert.equal(await end, 42)
  })

for (const signal of ['WINCH', 'PIPE', 'URG'] as const)
  waitTest(`SIG${signal} is not the container's`, { command: handler(signal) }, {}, async (waiter) => {
    const { child, id, said } = waiter
    await until('ready', () => said().includes('ready'))
    child.kill(`SIG${signal}`)
    assert.equal(scene.runt('kill', id, 'KILL').status, 0)
    assert.equal(await waiter.end, 137)
  })

waitTest(
  'it takes the end of orphans',
  { namespaces: ['mount', 'uts'], command: '(sleep 1000 & echo $!); exec sleep 1000' },
  {},
  async ({ pid, said }) => {
    await until('an orphan', () => childrenOf(pid).includes(said().trim()))
    process.kill(Number(said()), 'SIGKILL')
    await until('its end', () => !existsSync(`/proc/${said().trim()}`))
    assert.equal(childrenOf(pid).length, 1)
  },
)

waitTest(
  'it leaves orphans to others if asked for',
  { namespaces: ['mount', 'uts'], command: '(sleep 1000 & echo $!); exec sleep 1000' },
  { options: ['--no-subreaper'] },
  async ({ pid, said }) => {
    await until('an orphan', () => said() !== '')
    assert.equal(childrenOf(pid).length, 1)
    const isOurs = new RegExp(`\\) \\w ${process.pid} `)
    await until('it is ours', () => isOurs.test(proc(Number(said()), 'stat')))
  },
)

waitTest('--keep', { command: handler('USR1', 5) }, { options: ['--keep'] }, async (waiter) => {
  assert.equal(await endByHandler(waiter), 5)
  assert.equal(JSON.parse(scene.runt('state', waiter.id).stdout).status, 'stopped')
})

waitTest('somebody else removes the container, and makes another one', {}, {}, async ({ id, end }) => {
  assert.equal(scene.runt('delete', '--force', id).status, 0)
  assert.equal(scene.leave('create', '--bundle', scene.bundle, id).status, 0)
  assert.equal(await end, 137)
  assert.equal(JSON.parse(scene.runt('state', id).stdout).status, 'created')
})

waitTest('it is killed, and the container runs on', {}, {}, async ({ id, child, end }) => {
  child.kill('SIGKILL')
  assert.equal(await end, 'SIGKILL')
  assert.equal(JSON.parse(scene.runt('state', id).stdout).status, 'running')
})

waitTest(
  'what the caller said before the command holds to the end',
  {},
  { global: ['--log', 'some.log', '--log-format=json', '--debug'] },
  async ({ pid }) => {
    const words = proc(pid, 'cmdline').split('\0')
    for (const word of [`--log=${join(scene.directory, 'some.log')}`, '--log-format=json', '--debug'])
      assert.ok(words.includes(word), words.join(' '))
  },
)

execTest(
  'it is small, and holds nothing but what it needs',
  'exec sleep 1000',
  async ({ pid, child, end }) => {
    assert.ok(residentKib(pid) <= 64, `${residentKib(pid)} KiB`)
    const links = openFiles(pid)
    assert.equal(links.length, 4, links.join(' '))
    assert.ok(links.includes('anon_inode:[pidfd]'), links.join(' '))
    assert.match(proc(pid, 'cmdline'), /^runt:wait\0\d+\0$/)
    child.kill()
    assert.equal(await end, 143)
  },
)

for (const status of [0, 7, 255])
  execTest(`the exit status is that of the process: ${status}`, handler('USR1', status), async (waiter) => {
    assert.equal(await endByHandler(waiter), status)
  })

for (const signal of ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'ALRM'] as const)
  execTest(`SIG${signal} is passed on`, handler(signal), async ({ child, end, said }) => {
    await until('ready', () => said().includes('ready'))
    child.kill(`SIG${signal}`)
    assert.equal(await end, 42)
  })

const pidFile = 'exec.pid'
const readPidFile = (): number => Number(readFileSync(join(scene.directory, pidFile), 'utf8'))

execTest(
  'the pid file names the process, and 128 and the signal that ended it',
  'exec sleep 1000',
  async ({ pid, end }) => {
    assert.deepEqual(childrenOf(pid), [String(readPidFile())])
    process.kill(readPidFile(), 'SIGKILL')
    assert.equal(await end, 137)
  },
  ['--pid-file', pidFile],
)

execTest(
  'it is killed, and the process runs on',
  'exec sleep 1000',
  async ({ child, end }) => {
    child.kill('SIGKILL')
    assert.equal(await end, 'SIGKILL')
    const left = readPidFile()
    assert.equal(proc(left, 'cmdline'), 'sleep\x001000\0')
    // A pid namespace ends when all in it are reaped, and this one is ours now.
    process.kill(left, 'SIGKILL')
    await until('its end', () => {
      reapOrphans(nodeKernel(), alive)
      return !existsSync(`/proc/${left}`)
    })
  },
  ['--pid-file', pidFile],
)

test('exec: the container ends', { skip, timeout: 300_000 }, async () => {
  const { id, end } = await scene.start()
  const { pid, end: ended } = spawnRunt(id, ['--root', scene.root, 'exec', id, 'sleep', '1000'])
  await until('it waits', () => isWaiter(pid))
  await end()
  assert.equal(await ended, 137)
})

test('exec -t: it shows the terminal for as long as the process runs', {
  skip,
  timeout: 300_000,
}, async () => {
  const container = await scene.start()
  const pty = new HostPty(80, 24)
  try {
    const before = pty.mode()
    const script = 'echo ready; read x; echo got $x; exit 6'
    const words = ['--root', scene.root, 'exec', '-t', container.id, 'sh', '-c', script]
    const child = pty.spawn([scene.path, ...words])
    const end = ended(child)
    await pty.sees('ready')
    await setTimeout(300)
    assert.equal(isWaiter(child.pid as number), false)
    pty.terminal.write('hello\r')
    await pty.sees('got hello')
    assert.equal(await end, 6)
    assert.equal(pty.mode(), before)
  } finally {
    pty.close()
    await container.end()
  }
})

test('a caller that ignores the end of its children', { skip, timeout: 300_000 }, () => {
  for (const command of ['exit 3', 'sleep 0.3; exit 3']) {
    writeConfig(scene.bundle, { command, cgroupsPath: `/${scene.name}-chld` })
    const { status } = scene.shell('trap "" CHLD; exec "$@"', 'run', '-b', scene.bundle, `${scene.name}-chld`)
    assert.equal(status, 3)
  }
})

test('exec: a caller that ignores the end of its children', { skip, timeout: 300_000 }, async () => {
  const { id, end } = await scene.start()
  try {
    for (const command of ['exit 3', 'sleep 0.3; exit 3']) {
      const { status } = scene.shell('trap "" CHLD; exec "$@"', 'exec', id, 'sh', '-c', command)
      assert.equal(status, 3)
    }
  } finally {
    await end()
  }
})
