// Tests of the commands of runt that list: containers, and the processes of one. Their forms are compared with runc's.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeConfig } from '../helpers/bundle.ts'
import { formOf, RUNC, withoutRunc } from '../helpers/reference-runtime.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('list')

/** runc on states of its own. */
function runc(...args: readonly string[]): string {
  const state = join(scene.directory, 'runc')
  mkdirSync(state, { recursive: true })
  const { status, stdout, stderr } = spawnSync(RUNC, ['--root', state, ...args], {
    cwd: scene.bundle,
    encoding: 'utf8',
    stdio: args[0] === 'create' ? 'ignore' : 'pipe',
    timeout: 300_000,
  })
  assert.equal(status, 0, stderr)
  return stdout
}

/** Makes a container by either, and takes it away again afterwards. */
function withCreated(runtime: 'runt' | 'runc', body: (id: string) => void): void {
  const id = `${scene.name}-${runtime}`
  writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}` })
  if (runtime === 'runc') runc('create', id)
  else assert.equal(scene.leave('create', '-b', scene.bundle, id).status, 0)
  try {
    body(id)
  } finally {
    if (runtime === 'runc') runc('delete', '--force', id)
    else assert.equal(scene.runt('delete', '--force', id).status, 0)
  }
}

/** The same question to both, each with a container of its own. */
function answers(...args: readonly string[]): readonly [runt: string, runc: string] {
  const said = ['', '']
  const fill = (id: string): string[] => args.map((arg) => (arg === 'ID' ? id : arg))
  withCreated('runt', (id) => {
    said[0] = scene.runt(...fill(id)).stdout.replaceAll(id, 'ID')
  })
  withCreated('runc', (id) => {
    said[1] = runc(...fill(id)).replaceAll(id, 'ID')
  })
  return said as [string, string]
}

test('nothing there', options, () => {
  assert.deepEqual(scene.runt('list'), {
    status: 0,
    stdout: 'ID          PID         STATUS      BUNDLE      CREATED     OWNER\n',
    stderr: '',
  })
  assert.equal(scene.runt('list', '--format', 'json').stdout, 'null\n')
  assert.equal(scene.runt('list', '--quiet').stdout, '')
})

test('a directory of states that is named must be there', options, () => {
  const { status, stdout, stderr } = scene.runt('--root', '/no/such/root', 'list')
  assert.deepEqual([status, stdout], [1, ''])
  assert.match(stderr, /Cannot list "\/no\/such\/root": ENOENT/)
})

test('a table, ids, or JSON of what state tells', options, () => {
  withCreated('runt', (id) => {
    const { stdout } = scene.runt('list', '-f', 'json')
    assert.match(stdout, /^\[\{.*\}\]\n$/)
    const [listed] = JSON.parse(stdout)
    assert.deepEqual({ ...listed, owner: '' }, JSON.parse(scene.runt('state', id).stdout))
    assert.equal(listed.owner, 'root')
    assert.equal(scene.runt('list', '-q').stdout, `${id}\n`)
    const [head = '', line = ''] = scene.runt('list').stdout.split('\n')
    assert.deepEqual(line.split(/ {2,}/), [
      id,
      String(listed.pid),
      'created',
      scene.bundle,
      listed.created,
      'root',
    ])
    assert.equal(head.indexOf('CREATED'), line.indexOf(listed.created))
  })
})

test('a container belongs to whom its directory belongs to', options, () => {
  withCreated('runt', (id) => {
    for (const [uid, owner] of [
      [54321, '#54321'],
      [1, 'daemon'],
    ] as const) {
      chownSync(join(scene.root, id), uid, 0)
      assert.equal(JSON.parse(scene.runt('list', '-f', 'json').stdout)[0].owner, owner)
    }
  })
})

test('a state that was spoiled is told of, and hides nobody', options, () => {
  withCreated('runt', (id) => {
    const broken = join(scene.root, 'broken')
    mkdirSync(broken)
    assert.deepEqual(scene.runt('list', '-q'), { status: 0, stdout: `${id}\n`, stderr: '' })
    writeFileSync(join(broken, 'state.json'), '{')
    const { status, stdout, stderr } = scene.runt('list', '-q')
    rmSync(broken, { recursive: true })
    assert.deepEqual([status, stdout], [0, `${id}\n`])
    assert.match(stderr, /^runt: load container broken: Cannot read .*state\.json.*\n$/)
  })
})

test('ps takes the options of ps, and shows the pid that it needs', options, () => {
  withCreated('runt', (id) => {
    const { pid } = JSON.parse(scene.runt('state', id).stdout)
    assert.match(scene.runt('ps', id).stdout, new RegExp(`^UID +PID .*\\n\\S+ +${pid} .*\\n$`))
    assert.match(
      scene.runt('ps', id, '-e', '-o', 'ppid,pid').stdout,
      new RegExp(`^ +PPID +PID\\n +\\d+ +${pid}\\n$`),
    )
    const blind = scene.runt('ps', id, '-o', 'comm')
    assert.deepEqual(blind, { status: 1, stdout: '', stderr: "runt: couldn't find PID field in ps output\n" })
    assert.equal(scene.runt('ps', id, '--no-such-option').status, 1)
  })
})

const compared = { ...options, skip: skip || withoutRunc }

for (const command of ['state ID', 'list --format json', 'ps --format json ID'])
  test(`the form of ${command} is that of runc`, compared, () => {
    const [ours, theirs] = answers(...command.split(' '))
    assert.deepEqual(formOf(JSON.parse(ours)), formOf(JSON.parse(theirs)))
    assert.deepEqual(ours.endsWith('\n'), theirs.endsWith('\n'))
    assert.equal(ours.split('\n').length, theirs.split('\n').length)
  })

test('the tables have the columns of runc', compared, () => {
  for (const command of [['list'], ['ps', 'ID']]) {
    const [ours, theirs] = answers(...command)
    assert.deepEqual(ours.split('\n')[0]?.split(/ +/), theirs.split('\n')[0]?.split(/ +/))
  }
})
