// Tests runt as an ordinary user has it: a bundle with a user namespace, states below XDG_RUNTIME_DIR, and no cgroup
// where none was delegated.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt } from '../helpers/build-runt.ts'
import { until } from '../helpers/container-test.ts'
import { giveTree, makeRootfs, removeTree } from '../helpers/rootfs.ts'

const skip = process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'
const options = { skip, timeout: 300_000 }
const USER = 12_345

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'runt-rootless-')))
const bundle = join(directory, 'bundle')
const runtime = join(directory, 'run')
before(() => {
  if (skip !== false) return
  // Where the user can read it.
  copyFileSync(buildRunt(), join(directory, 'runt'))
  mkdirSync(join(bundle, 'rootfs'), { recursive: true })
  mkdirSync(runtime)
  makeRootfs(join(bundle, 'rootfs'))
  giveTree(directory, USER, USER)
})
after(() => removeTree(directory))

const MOUNTS = [
  { destination: '/proc', type: 'proc', source: 'proc' },
  { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
]
const NAMESPACES = ['pid', 'ipc', 'uts', 'mount', 'user', 'network']

function writeConfig(
  args: readonly string[],
  map: { hostID: number; size: number },
  linux: object = {},
  mounts: readonly object[] = MOUNTS,
): void {
  const maps = [{ containerID: 0, ...map }]
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs' },
    process: { args, cwd: '/', env: ['PATH=/bin'] },
    mounts,
    linux: {
      namespaces: NAMESPACES.map((type) => ({ type })),
      uidMappings: maps,
      gidMappings: maps,
      ...linux,
    },
  }
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(config))
}

function runt(args: readonly string[], output: 'pipe' | 'ignore' = 'pipe') {
  const drop = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups']
  const env = { ...process.env, XDG_RUNTIME_DIR: runtime }
  const command = [...drop, join(directory, 'runt'), ...args]
  return spawnSync('setpriv', command, {
    cwd: bundle,
    env,
    encoding: 'utf8',
    stdio: ['ignore', output, output],
  })
}

const OWN = { hostID: USER, size: 1 }

test('an ordinary user runs a bundle', options, () => {
  writeConfig(['sh', '-c', 'id -u; cat /proc/self/cgroup; exit 7'], OWN)
  const { status, stdout, stderr } = runt(['run', 'mine'])
  assert.deepEqual([status, stderr], [7, ''])
  // It stays where its maker is.
  assert.equal(stdout, `0\n${readFileSync('/proc/self/cgroup', 'utf8')}`)
  assert.deepEqual(readdirSync(join(runtime, 'runt')), [])
})

test(
  'kill --all without a cgroup: its first process, and no error when that has ended',
  options,
  async () => {
    writeConfig(['sleep', '1000'], OWN)
    try {
      assert.equal(runt(['run', '-d', 'all'], 'ignore').status, 0)
      assert.equal(runt(['kill', '--all', 'all', 'KILL']).status, 0)
      await until('its end', () => JSON.parse(runt(['state', 'all']).stdout).status === 'stopped')
      assert.match(runt(['kill', 'all', '0']).stderr, /container not running/)
      const { status, stderr } = runt(['kill', '--all', 'all', '0'])
      assert.deepEqual([status, stderr], [0, ''])
    } finally {
      runt(['delete', '--force', 'all'])
    }
  },
)

test('neither a cgroup nor a pid namespace: a warning', options, () => {
  const namespaces = NAMESPACES.filter((type) => type !== 'pid').map((type) => ({ type }))
  // Without a pid namespace of its own nobody may mount proc.
  writeConfig(['true'], OWN, { namespaces }, [])
  const { status, stderr } = runt(['run', 'stray'])
  assert.equal(status, 0)
  assert.match(stderr, /neither a cgroup nor a pid namespace.*strongly discouraged\n$/)
})

test('a life in parts: create, start, kill, delete', options, () => {
  writeConfig(['sleep', '1000'], OWN)
  const status = (): unknown => JSON.parse(runt(['state', 'parts']).stdout).status
  // The container's process has the streams of its maker, so nobody may wait for their end.
  assert.equal(runt(['create', 'parts'], 'ignore').status, 0)
  assert.equal(status(), 'created')
  assert.equal(runt(['start', 'parts']).status, 0)
  assert.equal(status(), 'running')
  assert.equal(runt(['delete', '--force', 'parts']).status, 0)
  assert.deepEqual(readdirSync(join(runtime, 'runt')), [])
})

test(
  'limits without a cgroup to hold them are refused by name; rules for devices are told of',
  options,
  () => {
    writeConfig(['true'], OWN, { resources: { memory: { limit: 1 << 26 } } })
    const limited = runt(['run', 'limited'])
    assert.equal(limited.status, 1)
    assert.match(limited.stderr, /linux\.cgroupsPath/)
    writeConfig(['true'], OWN, { resources: { devices: [{ allow: false, access: 'rwm' }] } })
    const devices = runt(['run', 'devices'])
    assert.equal(devices.status, 0, devices.stderr)
    assert.match(devices.stderr, /linux\.resources\.devices/)
  },
)
