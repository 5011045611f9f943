// Tests of hooks that fail: what the start says then, how long a hook may take, how it is given up, and that nothing
// of the container, of the hook, or of what the hook has started is left.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { type ContainerConfig, type Hook, type Hooks, isLibcontainerError } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP, until } from '../helpers/container-test.ts'
import { HOOK_KINDS, type HookKind, script } from '../helpers/hook-scripts.ts'
import { inTime } from '../helpers/in-time.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'

/** Every kind that a start depends on. */
const STARTING = HOOK_KINDS.filter((kind) => kind !== 'poststop')

const TRUE: Hook = { path: '/bin/true' }

function one(kind: HookKind, ...hooks: readonly Hook[]): { hooks: Hooks } {
  return { hooks: { [kind]: hooks } }
}

const scopeOf = (box: Box, name: string) => ({ root: join(box.directory, 'state'), name })

/** A start that fails; nothing may be there then that was not there before. */
async function failingStart(box: Box, config: Partial<ContainerConfig>) {
  const cgroup = { path: box.cgroupPath() }
  const scope = scopeOf(box, cgroup.path.slice(1))
  const before = takeSnapshot(scope)
  const container = await box.create({ cgroup, ...config })
  const error = await refused(container.start(SLEEP), 'SystemError')
  await assertNothingLeft({ scope, before }, error.message)
  return error
}

containerTest('the one that fails is named, with its status and its words', async (box) => {
  await box.run({}, 'true')
  for (const kind of STARTING) {
    const bad = script('echo to stdout; echo to stderr >&2; exit 3')
    const error = await failingStart(box, one(kind, TRUE, bad))
    assert.equal(
      error.message,
      `Cannot run the ${kind} hook #1 "/bin/sh": exit status 3, stdout: to stdout, stderr: to stderr`,
    )
    assert.equal(error.field, `hooks.${kind}[1]`)
    assert.equal(error.object, '/bin/sh')
    assert.equal(error.step, 'run hook')
  }
})

containerTest('one that a signal ends, that is missing, or that may not run', async (box) => {
  await box.run({}, 'true')
  writeFileSync(join(box.rootfs, 'plain'), 'no program')
  for (const kind of STARTING) {
    const killed = await failingStart(box, one(kind, script('kill -9 $$')))
    assert.equal(killed.reason, `killed by SIGKILL`)
    const missing = await failingStart(box, one(kind, { path: '/nowhere/hook' }))
    assert.equal(missing.reason, 'ENOENT')
    assert.equal(missing.errno, 'ENOENT')
    assert.equal(missing.syscall, 'execve')
    const inside = kind === 'startContainer'
    const denied = await failingStart(box, one(kind, { path: inside ? '/plain' : join(box.rootfs, 'plain') }))
    assert.equal(denied.errno, 'EACCES')
  }
})

containerTest('one that takes too long is killed, with all that it has started', async (box) => {
  await box.run({}, 'true')
  for (const kind of STARTING) {
    const begin = performance.now()
    const hook = script('sleep 1000 & sleep 1000', { timeoutMs: 300 })
    const error = await inTime(failingStart(box, one(kind, hook)), () => `a ${kind} hook`)
    assert.equal(error.reason, `it ran longer than its limit of 0.3 s, and was killed`)
    assert.equal(error.errno, 'ETIMEDOUT')
    const took = performance.now() - begin
    assert.ok(took >= 300, `${kind}: ${took} ms`)
  }
})

containerTest('the same without a pid namespace and without a cgroup', async (box) => {
  await box.run({}, 'true')
  const bare = {
    namespaces: [{ type: 'mount' }],
    mounts: [],
    devices: [],
    maskedPaths: [],
    readonlyPaths: [],
  } as const
  const scope = scopeOf(box, 'no-cgroup')
  for (const kind of STARTING) {
    const before = takeSnapshot(scope)
    const hook = script('sleep 1000 & sleep 1000', { timeoutMs: 200 })
    const container = await box.create({ ...bare, ...one(kind, hook) })
    const error = await refused(
      container.start({ ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' }),
      'SystemError',
    )
    assert.equal(error.errno, 'ETIMEDOUT', error.detail())
    await assertNothingLeft({ scope, before }, kind)
  }
})

containerTest('one in time is not disturbed by its limit', async (box) => {
  for (const kind of HOOK_KINDS) {
    const container = await box.create(one(kind, script('sleep 0.05', { timeoutMs: 20_000 })))
    await container.start(SLEEP)
    await container.destroy()
    assert.deepEqual(container.warnings, [])
  }
})

containerTest('one that blocks is given up with the start', async (box) => {
  await box.run({}, 'true')
  for (const kind of STARTING) {
    const cgroup = { path: box.cgroupPath() }
    const scope = scopeOf(box, cgroup.path.slice(1))
    const before = takeSnapshot(scope)
    const mark = kind === 'startContainer' ? join(box.rootfs, kind) : join(box.directory, kind)
    const inside = kind === 'startContainer' ? `/${kind}` : mark
    const hook = script(`touch ${inside}; sleep 1000 & sleep 1000`)
    const container = await box.create({ cgroup, ...one(kind, hook) })
    const abort = new AbortController()
    const starting = container.start({ ...SLEEP, signal: abort.signal })
    const gone = assert.rejects(starting, /enough/)
    await until(`the ${kind} hook runs`, () => existsSync(mark))
    abort.abort(new Error('enough'))
    await gone
    await assertNothingLeft({ scope, before }, kind)
  }
})

containerTest('one that blocks ends with a destroy by somebody else', async (box) => {
  for (const kind of ['prestart', 'createContainer'] as const) {
    const mark = join(box.directory, kind)
    const container = await box.create(one(kind, script(`touch ${mark}; sleep 1000`)))
    const starting = refused(container.start(SLEEP), 'ContainerNotExists')
    await until(`the ${kind} hook runs`, () => existsSync(mark))
    const other = await box.factory.load(container.id)
    await other.destroy()
    const error = await starting
    assert.equal(error.reason, 'the container was destroyed while it was started')
    assert.ok(isLibcontainerError(error.cause), 'how the start noticed it')
    assert.deepEqual(await box.factory.list(), [])
  }
})

containerTest('a poststop hook that fails is a warning, and the others run', async (box) => {
  const log = join(box.directory, 'log')
  const hooks = { poststop: [script('echo gone wrong >&2; exit 1'), script(`echo ran > ${log}`)] }
  const container = await box.create({ hooks })
  await container.start(SLEEP)
  await container.destroy()
  assert.equal(readFileSync(log, 'utf8'), 'ran\n')
  assert.deepEqual(
    container.warnings.map(({ reason }) => reason),
    ['exit status 1, stderr: gone wrong'],
  )
  assert.deepEqual(await box.factory.list(), [])
})

containerTest(
  'a start that fails runs the poststop hooks; a container that never started has none to run',
  async (box) => {
    const log = join(box.directory, 'log')
    const hooks = { createRuntime: [{ path: '/bin/false' }], poststop: [script(`echo stopped >> ${log}`)] }
    const container = await box.create({ hooks })
    await container.destroy()
    assert.equal(existsSync(log), false)
    await refused(container.start(SLEEP), 'SystemError')
    assert.equal(readFileSync(log, 'utf8'), 'stopped\n')
    await container.destroy()
    assert.equal(readFileSync(log, 'utf8'), 'stopped\n')
  },
)

containerTest('a release whose hooks fail says so, and the container is stopped', async (box) => {
  for (const kind of ['startContainer', 'poststart'] as const) {
    const container = await box.create(one(kind, TRUE, script('echo no >&2; exit 1')))
    const process = await container.prepare(SLEEP)
    const other = await box.factory.load(container.id)
    const error = await refused(other.release(), 'SystemError')
    assert.equal(error.reason, `exit status 1, stderr: no`)
    await process.wait()
    assert.equal(await other.status(), 'destroyed')
    await other.destroy()
  }
})

containerTest('much output blocks nobody, and the error shows its beginning', async (box) => {
  for (const kind of STARTING) {
    const hook = script('dd if=/dev/zero bs=1024 count=300 2>/dev/null | tr "\\0" x; exit 1')
    const error = await failingStart(box, one(kind, hook))
    assert.match(error.reason, /stdout: x{16384}$/, kind)
  }
})

containerTest('a process that a hook leaves behind holds up nobody', async (box) => {
  for (const kind of STARTING) {
    const container = await box.create(one(kind, script('sleep 1000 & exit 0')))
    await inTime(container.start(SLEEP), () => `a start with a ${kind} hook`)
    await container.destroy()
  }
})

containerTest('startContainer hooks are under the rights of the process', async (box) => {
  const status = script('grep -e NoNewPrivs -e CapEff -e "Seccomp:" /proc/self/status > /status')
  const container = await box.create({
    ...one('startContainer', status),
    capabilities: ['CHOWN', 'DAC_OVERRIDE'],
  })
  await container.start(SLEEP)
  assert.equal(
    await output(runIn(container, 'cat /status')),
    'CapEff:\t0000000000000003\nNoNewPrivs:\t1\nSeccomp:\t2',
  )
})
