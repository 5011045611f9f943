// Tests of the hooks of config.json as callers of runt meet them: with which command each kind runs, where, what is
// said when one fails, and what is left.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { nodeKernel } from '../../src/node/node-kernel.ts'
import { writeConfig } from '../helpers/bundle.ts'
import { HOOK_KINDS } from '../helpers/hook-scripts.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { adoptOrphans, reapOrphans } from '../helpers/orphans.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const scene = new RuntScene('hooks')
const scope = { root: scene.root, name: scene.name }
const log = join(scene.directory, 'log')
before(() => {
  if (skip === false) adoptOrphans(nodeKernel())
})

interface SpecHook {
  readonly path: string
  readonly args?: readonly string[]
  readonly env?: readonly string[]
  readonly timeout?: number
}

type SpecHooks = Readonly<Record<string, readonly SpecHook[]>>

const script = (text: string): SpecHook => ({
  path: '/bin/sh',
  args: ['sh', '-c', text],
  env: ['PATH=/usr/bin:/bin'],
})
const FALSE: SpecHook = { path: '/bin/sh', args: ['sh', '-c', 'echo so it is >&2; exit 4'] }
const TRUE: SpecHook = { path: '/bin/true' }

/** Each writes its name, but for the one inside, which cannot see the file. */
const noted = (): SpecHooks =>
  Object.fromEntries(
    HOOK_KINDS.map((kind) => [kind, [kind === 'startContainer' ? TRUE : script(`echo ${kind} >> ${log}`)]]),
  )
const NOTED = HOOK_KINDS.filter((kind) => kind !== 'startContainer')

let count = 0

/** A test with these hooks, and an id that nobody else has; nothing may be left after it. */
function hookTest(
  name: string,
  hooks: SpecHooks,
  run: (id: string) => void,
  command = 'exec sleep 1000',
): void {
  test(name, { skip, timeout: 300_000 }, async () => {
    const id = `${scene.name}-${++count}`
    writeConfig(scene.bundle, { command, cgroupsPath: `/${id}` })
    const file = join(scene.bundle, 'config.json')
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), hooks }))
    rmSync(log, { force: true })
    const expected = { scope, before: takeSnapshot(scope), reap: () => reapOrphans(nodeKernel()) }
    try {
      run(id)
    } finally {
      scene.runt('delete', '--force', id)
    }
    await assertNothingLeft(expected, name)
  })
}

const lines = (): readonly string[] => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [])
const ok = { status: 0, stdout: '', stderr: '' }
const create = (id: string) => {
  const { status, file } = scene.leave('create', '--bundle', scene.bundle, id)
  return { status, stderr: readFileSync(file, 'utf8') }
}

hookTest(
  'run runs all of them, in the bundle',
  { ...noted(), createRuntime: [script(`pwd >> ${log}`)] },
  (id) => {
    assert.equal(scene.runt('run', '--bundle', scene.bundle, id).status, 5)
    assert.deepEqual(lines(), ['prestart', scene.bundle, 'createContainer', 'poststart', 'poststop'])
  },
  'exit 5',
)

hookTest('create, start and delete each run theirs', noted(), (id) => {
  assert.deepEqual(create(id), { status: 0, stderr: '' })
  assert.deepEqual(lines(), NOTED.slice(0, 3))
  assert.deepEqual(scene.runt('start', id), ok)
  assert.deepEqual(lines(), NOTED.slice(0, 4))
  assert.deepEqual(scene.runt('delete', '--force', id), ok)
  assert.deepEqual(lines(), NOTED)
})

hookTest('they get the state of the specification', { createRuntime: [script(`cat > ${log}`)] }, (id) => {
  assert.equal(create(id).status, 0)
  const { pid } = JSON.parse(scene.runt('state', id).stdout)
  const expected = { ociVersion: '1.3.0', id, status: 'creating', pid, bundle: scene.bundle }
  assert.deepEqual(JSON.parse(readFileSync(log, 'utf8')), expected)
})

for (const kind of ['prestart', 'createRuntime', 'createContainer'])
  hookTest(`create says which ${kind} hook failed, and nothing is left`, { [kind]: [TRUE, FALSE] }, (id) => {
    const { status, stderr } = create(id)
    assert.match(stderr, new RegExp(`error running ${kind} hook #1: exit status 4, stderr: so it is`))
    assert.equal(status, 1)
    assert.match(scene.runt('state', id).stderr, /container does not exist/)
  })

const failsToStart = (kind: string, id: string): void => {
  assert.equal(create(id).status, 0)
  const { status, stderr } = scene.runt('start', id)
  assert.match(stderr, new RegExp(`error running ${kind} hook #1: exit status 4, stderr: so it is`))
  assert.equal(status, 1)
}

hookTest(
  'start says which startContainer hook failed, and the container is stopped',
  { startContainer: [TRUE, FALSE] },
  (id) => {
    failsToStart('startContainer', id)
    assert.equal(JSON.parse(scene.runt('state', id).stdout).status, 'stopped')
  },
)

hookTest(
  'start says which poststart hook failed, and the container is deleted',
  { poststart: [TRUE, FALSE], poststop: [script(`echo stopped >> ${log}`)] },
  (id) => {
    failsToStart('poststart', id)
    assert.match(scene.runt('state', id).stderr, /container does not exist/)
    assert.deepEqual(lines(), ['stopped'])
  },
)

const TELL_HOME = ['sh', '-c', `echo \${HOME-none} >> ${log}`]
const tellHome = (env?: readonly string[]): SpecHook => ({
  path: '/bin/sh',
  args: TELL_HOME,
  ...(env && { env }),
})

hookTest(
  'a hook of the host without an environment has that of runt',
  { prestart: [tellHome(), tellHome(['HOME=/own']), tellHome([])], poststop: [tellHome()] },
  (id) => {
    assert.equal(create(id).status, 0)
    assert.deepEqual(scene.runt('delete', '--force', id), ok)
    const home = process.env.HOME ?? 'none'
    assert.deepEqual(lines(), [home, '/own', 'none', home])
  },
)

hookTest('a start in the foreground fails with any of them', {}, (id) => {
  for (const kind of HOOK_KINDS.slice(0, 5)) {
    const file = join(scene.bundle, 'config.json')
    const config = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify({ ...config, hooks: { [kind]: [TRUE, FALSE] } }))
    const { status, stderr } = scene.runt('run', '--bundle', scene.bundle, id)
    assert.match(stderr, new RegExp(`error running ${kind} hook #1: exit status 4`))
    assert.equal(status, 1)
  }
})

hookTest(
  'a poststop hook that fails is a warning, and the next one runs',
  { poststop: [FALSE, script(`echo on >> ${log}`)] },
  (id) => {
    assert.equal(create(id).status, 0)
    const { status, stderr } = scene.runt('delete', '--force', id)
    assert.match(stderr, /warning.*error running poststop hook #0: exit status 4/)
    assert.equal(status, 0)
    assert.deepEqual(lines(), ['on'])
  },
)

hookTest(
  'the command line of a hook is its own, from argv[0] on',
  {
    startContainer: [{ path: '/bin/busybox', args: ['cat', '/nosuchfile'] }],
  },
  (id) => {
    const { status, stderr } = scene.runt('run', '--bundle', scene.bundle, id)
    assert.match(stderr, /cat: can't open '\/nosuchfile'/)
    assert.equal(status, 1)
  },
)

hookTest('a limit in seconds', { createRuntime: [{ ...script('exec sleep 100'), timeout: 1 }] }, (id) => {
  const { status, stderr } = create(id)
  assert.match(stderr, /error running createRuntime hook #0: it ran longer than its limit of 1 s/)
  assert.equal(status, 1)
})
