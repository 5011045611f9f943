// Tests of the executable as its users meet it: `runt run` from a bundle, what it passes through, how it ends, what it
// says when it cannot, and that it leaves nothing.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { buildRunt } from '../helpers/build-runt.ts'
import { type BundleOptions, makeBundle, writeConfig } from '../helpers/bundle.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { removeTree } from '../helpers/rootfs.ts'

const skip = process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'
const options = { skip, timeout: 300_000 }
const NAME = `runt-test-${process.pid}`

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'runt-')))
const root = join(directory, 'state')
const bundle = join(directory, 'bundle')
const scope = { root, name: NAME }
let runt = ''
before(() => {
  if (skip !== false) return
  runt = buildRunt()
  mkdirSync(root)
  makeBundle(bundle, { command: 'true', cgroupsPath: `/${NAME}` })
})
after(() => removeTree(directory))

interface Outcome {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

async function finish(child: ChildProcess): Promise<Outcome> {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new TypeError('its streams are not piped')
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve))
  const [status, out, err] = await Promise.all([ended, buffer(stdout), buffer(stderr)])
  return { status, stdout: out, stderr: err.toString() }
}

/** Runs runt with its streams piped and nothing on standard input. */
function run(args: readonly string[], cwd = directory): Promise<Outcome> {
  const child = spawn(runt, args, { cwd })
  child.stdin.end()
  return finish(child)
}

let count = 0

/** Starts `runt run` in the bundle; the container has an id and a cgroup of its own. */
function startContainer(command: BundleOptions['command'], more: Partial<BundleOptions> = {}): ChildProcess {
  const id = `${NAME}-${++count}`
  writeConfig(bundle, { command, cgroupsPath: `/${id}`, ...more })
  return spawn(runt, ['--root', root, 'run', '--bundle', bundle, id])
}

/** Runs to the end; whatever happens, nothing may be left. */
async function runContainer(
  command: BundleOptions['command'],
  more: Partial<BundleOptions> = {},
  input: Buffer | string = '',
): Promise<Outcome> {
  const before = takeSnapshot(scope)
  const child = startContainer(command, more)
  child.stdin?.on('error', () => undefined).end(input)
  const outcome = await finish(child)
  await assertNothingLeft({ scope, before }, JSON.stringify(command))
  return outcome
}

/** Waits until it has ended and its streams are closed. */
function endOf(child: ChildProcess): Promise<number | null> {
  child.stderr?.resume()
  return new Promise((resolve) => child.on('close', resolve))
}

/** Waits until the container has said so. */
async function saysReady(child: ChildProcess): Promise<void> {
  for await (const text of child.stdout ?? []) if (String(text).includes('ready')) return
  assert.fail('it ended without a word')
}

for (const status of [0, 1, 7, 255])
  test(`the exit status of the process: ${status}`, options, async () => {
    const outcome = await runContainer(`exit ${status}`)
    assert.deepEqual({ ...outcome, stdout: String(outcome.stdout) }, { status, stdout: '', stderr: '' })
  })

test('128 and the signal that ended the process', options, async () => {
  // The first process of a pid namespace gets no signal that it does not handle.
  const namespaces = ['mount', 'uts', 'ipc', 'network']
  assert.equal((await runContainer('kill -TERM $$', { namespaces })).status, 143)
  assert.equal((await runContainer('kill -SEGV $$', { namespaces })).status, 139)
})

test('a process that is killed from outside', options, async () => {
  const child = startContainer('echo ready; sleep 100')
  const ended = endOf(child)
  await saysReady(child)
  const state = JSON.parse(readFileSync(join(root, `${NAME}-${count}`, 'state.json'), 'utf8'))
  process.kill(state.init_process_pid, 'SIGKILL')
  assert.equal(await ended, 137)
})

test('standard streams pass through, however much there is', options, async () => {
  const input = randomBytes(8 << 20)
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
  const out = await runContainer('cat', {}, input)
  assert.deepEqual([out.status, out.stderr, digest(out.stdout)], [0, '', digest(input)])
  const text = input.toString('hex')
  const error = await runContainer('cat >&2', {}, text)
  assert.deepEqual([error.status, error.stdout.length, error.stderr === text], [0, 0, true])
})

test('the streams are the very ones of the caller, and there are no others', options, async () => {
  const { stdout, stderr } = await runContainer(
    'for fd in /proc/self/fd/*; do readlink $fd; done; echo error >&2',
  )
  const lines = String(stdout).trim().split('\n')
  assert.equal(lines.length, 3, lines.join(' '))
  for (const line of lines) assert.match(line, /^(pipe|socket):/)
  assert.equal(stderr, 'error\n')
})

for (const signal of ['HUP', 'INT', 'QUIT', 'TERM', 'USR1', 'USR2'] as const)
  test(`SIG${signal} is passed on`, options, async () => {
    const child = startContainer(
      `trap 'echo got ${signal}; exit 42' ${signal}; echo ready; while :; do sleep 0.01; done`,
    )
    const ended = endOf(child)
    await saysReady(child)
    child.kill(`SIG${signal}`)
    assert.equal(await ended, 42)
  })

test('a command that is not there', options, async () => {
  const { status, stderr } = await runContainer(['no-such-command'])
  assert.match(stderr, /^runt: .*"no-such-command".*executable file not found.*\n$/)
  assert.equal(status, 1)
  assert.match((await runContainer(['/etc/passwd'])).stderr, /^runt: .*EACCES.*\n$/)
})

test('an id that is taken', options, async () => {
  const child = startContainer('echo ready; read line; exit 5')
  const ended = endOf(child)
  await saysReady(child)
  const again = await run(['--root', root, 'run', '--bundle', bundle, `${NAME}-${count}`])
  assert.match(again.stderr, /^runt: .*already exists.*\n$/)
  assert.equal(again.status, 1)
  child.stdin?.end('\n')
  assert.equal(await ended, 5)
})

test('ten at the same time', options, async () => {
  const before = takeSnapshot(scope)
  const bundles = Array.from({ length: 10 }, (_, n) => join(directory, `bundle-${n}`))
  for (const [n, path] of bundles.entries())
    makeBundle(path, { command: `sleep 0.1; echo ${n}; exit ${n}`, cgroupsPath: `/${NAME}-p${n}` })
  const outcomes = await Promise.all(
    bundles.map((path, n) => run(['--root', root, 'run', '-b', path, `${NAME}-p${n}`])),
  )
  for (const [n, { status, stdout, stderr }] of outcomes.entries())
    assert.deepEqual([status, String(stdout), stderr], [n, `${n}\n`, ''])
  await assertNothingLeft({ scope, before }, 'ten runs')
})

test('a bundle by a relative path, and the current directory', options, async () => {
  writeConfig(bundle, { command: 'exit 3', cgroupsPath: `/${NAME}` })
  assert.equal((await run(['--root', root, 'run', '-b', 'bundle', NAME])).status, 3)
  assert.equal((await run(['--root', root, 'run', NAME], bundle)).status, 3)
})

test('a bundle that is none', options, async () => {
  const empty = join(directory, 'empty')
  mkdirSync(empty)
  const fails = async (expected: RegExp): Promise<void> => {
    const { status, stderr } = await run(['--root', root, 'run', '--bundle', empty, NAME])
    assert.match(stderr, expected)
    assert.equal(status, 1)
  }
  await fails(/^runt: Cannot read "config.json": ENOENT: no such file or directory\n$/)
  writeFileSync(join(empty, 'config.json'), '{"ociVersion": ')
  await fails(/^runt: .*JSON.*\n$/)
  writeFileSync(join(empty, 'config.json'), '{"ociVersion": "1.0.0", "process": {"args": [], "cwd": "/"}}')
  await fails(/^runt: .*process\.args.*\n$/)
})

test('explain lists the steps and leaves nothing', options, async () => {
  const before = takeSnapshot(scope)
  writeConfig(bundle, { command: 'true', cgroupsPath: `/${NAME}` })
  const steps = await run(['--root', root, 'explain', '--bundle', bundle])
  assert.deepEqual([steps.status, steps.stderr], [0, ''])
  assert.match(String(steps.stdout), /^init +execute "\/bin\/sh" +process\.args/m)
  const ops = await run(['--root', root, 'explain', '--ops', '--bundle', bundle])
  assert.match(String(ops.stdout), /^ +execve\(/m)
  await assertNothingLeft({ scope, before }, 'explain')
})
