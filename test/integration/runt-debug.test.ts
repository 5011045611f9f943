// Tests of what a start tells of itself: runt's debug log, with the words of runc's where callers look for them, and the
// same lines for a program. Nothing is told that did not happen.

import assert from 'node:assert/strict'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Factory } from 'libcontainer'
import { type BundleOptions, writeConfig } from '../helpers/bundle.ts'
import { containerTest, shell } from '../helpers/container-test.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('debug')
let count = 0

/** A configuration, and an id for it. */
function configure(
  command: BundleOptions['command'],
  { seccomp, ...process }: Readonly<Record<string, unknown>> = {},
): string {
  const id = `${scene.name}-d${++count}`
  writeConfig(scene.bundle, { command, cgroupsPath: `/${id}`, process })
  const path = join(scene.bundle, 'config.json')
  const config = JSON.parse(readFileSync(path, 'utf8'))
  if (seccomp !== undefined) config.linux.seccomp = seccomp
  writeFileSync(path, JSON.stringify(config))
  return id
}

interface Told {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** The messages of level debug in the log, which has no others. */
  readonly lines: readonly string[]
}

/** One command with its log in a file, which is JSON. */
function debug(...args: readonly string[]): Told {
  const log = join(scene.directory, 'debug.log')
  rmSync(log, { force: true })
  const said = scene.runt('--debug', '--log', log, '--log-format', 'json', ...args)
  const records = readFileSync(log, 'utf8').trim().split('\n')
  const told = records.map((record) => JSON.parse(record))
  return { ...said, lines: told.filter(({ level }) => level === 'debug').map(({ msg }) => msg) }
}

const debugRun = (id: string): Told => debug('run', '-b', scene.bundle, id)

/** Each of them is there, in this order. */
function inOrder(lines: readonly string[], ...expected: readonly RegExp[]): void {
  let from = 0
  for (const pattern of expected) {
    const found = lines.findIndex((line, at) => at >= from && pattern.test(line))
    assert.ok(found >= 0, `${pattern} from line ${from} on:\n${lines.join('\n')}`)
    from = found + 1
  }
}

test('the log of a start: what was made, what init is to do, and that it was done', options, () => {
  const id = configure('echo hello; echo there >&2')
  const { lines, ...said } = debugRun(id)
  assert.deepEqual(said, { status: 0, stdout: 'hello\n', stderr: 'there\n' })
  inOrder(
    lines,
    /^done: make the cgroup/,
    /^nsexec container setup: clone3 CLONE_NEWNS\|CLONE_NEWUTS/,
    new RegExp(`^child process in init\\(\\): pid \\d+, cgroups: /sys/fs/cgroup\\S*/${id}`),
    /^init is to mount proc on \/proc \(mounts\[0\]\)$/,
    /^init is to mask \/proc\/acpi \(maskedPaths\[1\]\)$/,
    /^init is to execute \/bin\/sh \(process\.args\)$/,
    /^init: closing the pipe to signal completion$/,
  )
  assert.ok(lines.includes('done: write the state'))
})

test('without a file it goes to standard error, and never to the output of the container', options, () => {
  const { status, stdout, stderr } = scene.runt('--debug', 'run', '-b', scene.bundle, configure('echo hello'))
  assert.deepEqual([status, stdout], [0, 'hello\n'])
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^time="[^"]+" level=debug msg="/)
  inOrder(
    stderr.split('\n'),
    /msg="nsexec container setup: /,
    /msg="child process in init\(\): /,
    /msg="init: c/,
  )
  assert.equal(scene.runt('run', '-b', scene.bundle, configure('true')).stderr, '')
})

test('the log of a later process', options, async () => {
  const container = await scene.start()
  try {
    const { lines, ...said } = debug('exec', container.id, '/bin/sh', '-c', 'echo hello')
    assert.deepEqual(said, { status: 0, stdout: 'hello\n', stderr: '' })
    inOrder(
      lines,
      /^nsexec container setup: clone3 .*in the pid namespace of the container$/,
      /^child process in init\(\): pid \d+, /,
      /^init is to join the container$/,
      /^setns_init: about to exec$/,
    )
  } finally {
    await container.end()
  }
})

test('a start that fails is not told to be done', options, () => {
  const missing = debugRun(configure(['no-such-command']))
  assert.equal(missing.status, 1)
  inOrder(
    missing.lines,
    /^child process in init/,
    /^init is to find the command/,
    /executable file not found/,
  )
  writeFileSync(join(scene.bundle, 'rootfs/broken'), '#!/no/interpreter\n', { mode: 0o755 })
  for (const { lines } of [missing, debugRun(configure(['/broken']))])
    assert.ok(!lines.some((line) => line.includes('closing the pipe')), lines.join('\n'))
})

test('the CPUs of a later process until it is in its cgroup, as a mask', options, async () => {
  const container = await scene.start()
  const file = join(scene.directory, 'process.json')
  const exec = (execCPUAffinity: object): readonly string[] => {
    writeFileSync(file, JSON.stringify({ args: ['/bin/true'], cwd: '/', execCPUAffinity }))
    return debug('exec', '-p', file, container.id).lines.filter((line) => line.includes('affinity: '))
  }
  try {
    assert.match(exec({ initial: '0' }).join(), /^nsexec: affinity: 0x1(, unless the cgroup [^,]*)?$/)
    // Some machines have but one.
    assert.match(exec({ initial: '0-3,8', final: '0' }).join(), /^nsexec: affinity: 0x10f\b.*: 0x1$/)
    assert.deepEqual(exec({}), [])
  } finally {
    await container.end()
  }
})

const FLAGS: readonly (readonly [flags: readonly string[] | undefined, told: number])[] = [
  [undefined, 4],
  [[], 0],
  [['SECCOMP_FILTER_FLAG_TSYNC'], 0],
  [['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW'], 6],
]

for (const [flags, number] of FLAGS)
  for (const noNewPrivileges of [false, true]) {
    const when = noNewPrivileges ? 'last' : 'first'
    test(
      `the flags of a filter that is loaded ${when}: ${flags?.join(' ') ?? 'the default'}`,
      options,
      () => {
        const seccomp = { defaultAction: 'SCMP_ACT_ALLOW', ...(flags && { flags }) }
        const { lines } = debugRun(configure('true', { seccomp, noNewPrivileges }))
        const told = lines.filter((line) => line.startsWith('seccomp filter flags'))
        assert.deepEqual(told, [`seccomp filter flags: ${number}`])
      },
    )
  }

test('a filter that waits for the release is not told to be loaded', options, () => {
  const id = configure('true', { seccomp: { defaultAction: 'SCMP_ACT_ALLOW' } })
  const log = join(scene.directory, 'create.log')
  const { status } = scene.leave('--debug', '--log', log, 'create', '-b', scene.bundle, id)
  scene.runt('delete', '--force', id)
  const told = readFileSync(log, 'utf8')
  assert.equal(status, 0)
  assert.match(told, /init: closing the pipe/)
  assert.match(told, /init is to load the seccomp filter/)
  assert.doesNotMatch(told, /seccomp filter flags/)
})

containerTest('a program is told the same, and the start waits for it', async ({ directory, rootfs }) => {
  const told: string[] = []
  let pending = 0
  const trace = async (lines: readonly string[]): Promise<void> => {
    assert.equal(pending++, 0)
    assert.ok(lines.length > 0)
    await new Promise(setImmediate)
    told.push(...lines)
    pending--
  }
  const factory = await Factory.open(join(directory, 'traced'), { trace })
  // A name is looked up inside, and the rest planned after that.
  const container = await factory.create('a', { rootfs })
  const process = await container.start({
    ...shell('true'),
    user: 'daemon',
    stdout: 'ignore',
    stderr: 'ignore',
  })
  inOrder(
    told,
    new RegExp(`^child process in init\\(\\): pid ${process.pid}, cgroups: none$`),
    /^init is to mount proc/,
    /^init is to switch user/,
    /^init is to execute/,
    /^seccomp filter flags: \d+$/,
    /^init: closing the pipe to signal completion$/,
  )
  await process.wait()
  await container.destroy()
})

containerTest('a start fails with what is thrown at any of its lines, and leaves nothing', async (box) => {
  let left = 0
  const trace = async (): Promise<void> => {
    if (left-- === 0) throw new TypeError('enough')
  }
  const factory = await Factory.open(join(box.directory, 'traced'), { trace })
  const cgroup = { path: box.cgroupPath(), pids: { limit: 64 } }
  const namespaces = [{ type: 'mount' as const }, { type: 'pid' as const }]
  let failed = 0
  for (; ; failed++) {
    left = failed
    const container = await factory.create('a', { rootfs: box.rootfs, cgroup, namespaces })
    try {
      const process = await container.start({ ...shell('sleep 1000'), stdin: 'ignore', stdout: 'ignore' })
      process.signal('SIGKILL')
      await process.wait()
      break
    } catch (error) {
      assert.ok(error instanceof TypeError && error.message === 'enough', String(error))
      assert.deepEqual(await factory.list(), [])
    } finally {
      await container.destroy()
    }
  }
  assert.ok(failed >= 5, `${failed} calls`)
})
