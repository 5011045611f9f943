// Compares runt with runc: the same config.json, run by both, must look the same from inside. Each case is what it
// changes of the configuration that `runc spec` writes.

import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt } from '../helpers/build-runt.ts'
import { parseReport, REPORT_SCRIPT } from '../helpers/container-report.ts'
import { RUNC, withoutRunc } from '../helpers/reference-runtime.ts'
import { giveTree, makeRootfs, removeTree } from '../helpers/rootfs.ts'

const isPrivileged = process.env.PRIVILEGED === '1'
const skip = isPrivileged ? withoutRunc : 'it needs root and a place of its own: tools/privileged'
const options = { skip, timeout: 300_000 }

/** As much of config.json as the cases change. */
interface Spec {
  root: object
  process: { args: readonly string[]; env: string[]; [key: string]: unknown }
  mounts: object[]
  linux: { namespaces: readonly object[]; resources: object; [key: string]: unknown }
  [key: string]: unknown
}

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'differential-')))
const bundle = join(directory, 'bundle')
const source = join(directory, 'source')
const rootfs = join(bundle, 'rootfs')
let runt = ''
let template = ''
before(() => {
  if (skip !== false) return
  runt = buildRunt()
  // The root of a user namespace goes through it, too.
  chmodSync(directory, 0o755)
  mkdirSync(rootfs, { recursive: true })
  makeRootfs(rootfs)
  mkdirSync(join(source, 'below'), { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'below')])
  execFileSync(RUNC, ['spec'], { cwd: bundle })
  template = readFileSync(join(bundle, 'config.json'), 'utf8')
})
after(() => {
  if (skip === false) execFileSync('umount', [join(source, 'below')])
  removeTree(directory)
})

function makeSpec(): Spec {
  const spec = JSON.parse(template) as Spec
  const host = readdirSync('/proc/self/ns').map((name) => readlinkSync(`/proc/self/ns/${name}`))
  const env = ['PATH=/bin', `HOST_NAMESPACES=${host.join(' ')}`]
  Object.assign(spec.process, { terminal: false, args: ['sh', '-c', REPORT_SCRIPT], env })
  return spec
}

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(runtime: string): Run {
  const root = join(directory, runtime === RUNC ? 'runc' : 'runt')
  const args = ['--root', root, 'run', '--bundle', bundle, 'differential']
  return spawnSync(runtime, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Runs a configuration with both. */
function both(change: (spec: Spec) => void): { ours: Run; theirs: Run } {
  const spec = makeSpec()
  change(spec)
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(spec))
  return { theirs: run(RUNC), ours: run(runt) }
}

function same(name: string, change: (spec: Spec) => void): void {
  test(`the same inside: ${name}`, options, () => {
    const { ours, theirs } = both(change)
    assert.equal(theirs.status, 0, theirs.stderr)
    assert.equal(ours.status, 0, ours.stderr)
    assert.deepEqual(parseReport(ours.stdout), parseReport(theirs.stdout))
  })
}

/** What runc refuses, runt refuses, in its own words. */
function refused(name: string, change: (spec: Spec) => void, field: string): void {
  test(`refused by both: ${name}`, options, () => {
    const { ours, theirs } = both(change)
    assert.deepEqual([theirs.status, ours.status], [1, 1], theirs.stderr + ours.stderr)
    assert.ok(ours.stderr.includes(field), ours.stderr)
  })
}

const process_ = (patch: object) => (spec: Spec) => void Object.assign(spec.process, patch)
const linux = (patch: object) => (spec: Spec) => void Object.assign(spec.linux, patch)
const resources = (patch: object) => (spec: Spec) => void Object.assign(spec.linux.resources, patch)
const capabilities = (sets: object) => process_({ capabilities: sets })
const bind =
  (...given: string[]) =>
  (spec: Spec) =>
    void spec.mounts.push({ destination: '/tmp', source, type: 'none', options: given })
const tmpfs =
  (...given: string[]) =>
  (spec: Spec) =>
    void spec.mounts.push({ destination: '/tmp', source: 'tmpfs', type: 'tmpfs', options: given })
const ALL = ['pid', 'network', 'ipc', 'uts', 'mount']
const namespaces = (types: readonly string[], patch: object = {}) =>
  linux({ namespaces: types.map((type) => ({ type })), ...patch })

same('what runc spec writes', () => undefined)
same('a root that is written to', (spec) => void Object.assign(spec.root, { readonly: false }))

for (const given of [
  ['bind'],
  ['rbind', 'rprivate', 'nosuid', 'nodev', 'rw'],
  ['rbind', 'ro', 'rslave'],
  ['rbind', 'rshared'],
  ['rbind', 'rro'],
  ['rbind', 'ro', 'rnosuid', 'rnoexec'],
  ['rbind', 'rro', 'rw'],
  ['rbind', 'rnoatime', 'noexec'],
  ['bind', 'strictatime', 'nodiratime', 'nosymfollow'],
  ['bind', 'sync', 'lazytime', 'silent'],
])
  same(`a bind with ${given}`, bind(...given))

for (const given of [
  ['nosuid', 'noexec', 'nodev', 'mode=1777', 'size=65536k'],
  ['ro', 'noatime'],
  ['sync', 'dirsync', 'lazytime', 'rshared'],
  ['size=10%', 'uid=5', 'noswap', 'nr_inodes=100'],
  ['rw', 'rprivate', 'nosuid', 'nodev', 'tmpcopyup'],
])
  same(`a tmpfs with ${given}`, tmpfs(...given))

same('a mount that is changed', (spec) => {
  spec.mounts.push({
    destination: '/dev/shm',
    source: 'shm',
    type: 'tmpfs',
    options: ['remount', 'ro', 'nosuid', 'noexec', 'nodev'],
  })
})
same('a mount that is changed, and loses what is not named', (spec) => {
  spec.mounts.push({ destination: '/dev/shm', source: 'shm', type: 'tmpfs', options: ['remount', 'nodev'] })
})
for (const propagation of ['private', 'slave', 'rslave', 'shared', 'rshared', 'unbindable'])
  same(`propagation ${propagation}`, linux({ rootfsPropagation: propagation }))
same(
  'hidden paths, there or not',
  linux({ maskedPaths: ['/proc/missing', '/proc/scsi'], readonlyPaths: ['/missing', '/etc'] }),
)
same('a device that replaces a default one', (spec) => {
  spec.linux.devices = [
    { path: '/dev/fuse', type: 'c', major: 10, minor: 229, fileMode: 0o20640, uid: 5, gid: 6 },
    { path: '/dev/deep/pipe', type: 'p', fileMode: 0o600 },
    { path: '/dev/zero', type: 'u', major: 1, minor: 5, fileMode: 0o640 },
  ]
  spec.linux.resources = {
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'c', major: 10, minor: 229, access: 'rwm' },
      { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
    ],
  }
})

same('a device twice, the second time with another mode', (spec) => {
  const fuse = { path: '/dev/fuse', type: 'c', major: 10, minor: 229 }
  spec.linux.devices = [
    { ...fuse, fileMode: 0o640 },
    { ...fuse, fileMode: 0o600 },
  ]
})

for (const [name, patch] of Object.entries({
  memory: { memory: { limit: 50_000_000, swap: 100_000_000, reservation: 1_000_000, swappiness: 10 } },
  'no limit of memory': { memory: { limit: -1, swap: -1 } },
  'cpu time': { cpu: { shares: 512, quota: 20_000, period: 50_000, burst: 1000 } },
  'an idle cpu': { cpu: { idle: 1 } },
  'cpus and nodes': { cpu: { cpus: '0', mems: '0' } },
  zeros: {
    memory: { limit: 0, swap: 0 },
    cpu: { shares: 0, quota: 0, period: 0, cpus: '' },
    blockIO: { weight: 0 },
  },
  // More than the threads of runc on a machine with many CPUs.
  processes: { pids: { limit: 1000 } },
  'processes without limit': { pids: { limit: -1 } },
  'every device': { devices: [{ allow: true, access: 'rwm' }] },
  'rules of devices': {
    devices: [
      { allow: false, access: 'rwm' },
      { allow: true, type: 'b', major: 7, minor: -1, access: 'rm' },
    ],
  },
}))
  same(`limits: ${name}`, resources(patch))
for (const path of ['/differential/absolute', 'differential/relative', '', '/differential/a/../b/'])
  same(`the cgroup path "${path}"`, linux({ cgroupsPath: path }))

const SOME = ['CAP_CHOWN', 'CAP_KILL', 'CAP_SETUID']
same('no capabilities', capabilities({}))
same(
  'ambient capabilities',
  capabilities({
    bounding: SOME,
    permitted: SOME,
    effective: SOME,
    inheritable: SOME,
    ambient: ['CAP_KILL'],
  }),
)
same(
  'capabilities that nobody knows or gives',
  capabilities({ bounding: [...SOME, 'CAP_X'], permitted: SOME, ambient: SOME }),
)
same(
  'a user with groups and a mask',
  process_({ user: { uid: 1000, gid: 1000, additionalGids: [5, 6], umask: 0o77 } }),
)
same('new privileges', process_({ noNewPrivileges: false }))
same('an OOM score', process_({ oomScoreAdj: 500 }))
same(
  'limits of resources',
  process_({
    rlimits: [
      { type: 'RLIMIT_NOFILE', soft: 512, hard: 1024 },
      { type: 'RLIMIT_CORE', soft: 0, hard: 0 },
    ],
  }),
)
same('an environment with repetitions', (spec) => void spec.process.env.push('A=1', 'A=2', 'HOME=', 'X='))
same('a working directory that is made', (spec) => {
  spec.root = { path: 'rootfs' }
  spec.process.cwd = '/made/for/it'
})
same('scheduling', (spec) => {
  process_({
    scheduler: { policy: 'SCHED_BATCH', nice: 5 },
    ioPriority: { class: 'IOPRIO_CLASS_BE', priority: 3 },
  })(spec)
  linux({ personality: { domain: 'LINUX32' } })(spec)
})
same('names and kernel parameters', (spec) => {
  Object.assign(spec, { hostname: 'here', domainname: 'example.org' })
  spec.linux.sysctl = { 'net.ipv4.ip_forward': '1', 'kernel.shmmni': '200', 'fs.mqueue.msg_max': '20' }
})
same(
  'clocks',
  namespaces([...ALL, 'time'], {
    timeOffsets: { monotonic: { secs: 100, nanosecs: 5 }, boottime: { secs: 2 } },
  }),
)
same('a cgroup namespace', namespaces([...ALL, 'cgroup']))
same('the network of the host', namespaces(['pid', 'ipc', 'uts', 'mount']))
same(
  'what nobody knows',
  (spec) => void Object.assign(spec, { later: { a: 1 }, windows: {}, annotations: { a: 'b' } }),
)

refused(
  'too much swappiness',
  resources({ memory: { swappiness: 101 } }),
  'linux.resources.memory.swappiness',
)
refused('too few shares', resources({ cpu: { shares: 1 } }), 'linux.resources.cpu.shares')
refused(
  'a nice value',
  process_({ scheduler: { policy: 'SCHED_OTHER', nice: 30 } }),
  'process.scheduler.nice',
)
refused('a parameter of the host', linux({ sysctl: { 'kernel.pid_max': '5' } }), 'linux.sysctl')
refused('a namespace twice', namespaces(['pid', 'pid', 'mount', 'uts']), 'linux.namespaces[1]')
refused('clocks without a namespace', linux({ timeOffsets: { monotonic: { secs: 1 } } }), 'linux.timeOffsets')
refused('an option of a file system on a bind', bind('rbind', 'size=5'), 'mounts[7].options[1]')
refused(
  'a mount on the root',
  (spec) => void spec.mounts.push({ destination: '/', type: 'tmpfs' }),
  'mounts[7].destination',
)

test('the same inside: a user namespace', options, () => {
  giveTree(rootfs, 100_000, 100_000)
  const rows = [{ containerID: 0, hostID: 100_000, size: 65_536 }]
  const { ours, theirs } = both(namespaces([...ALL, 'user'], { uidMappings: rows, gidMappings: rows }))
  assert.deepEqual([theirs.status, ours.status], [0, 0], theirs.stderr + ours.stderr)
  const [mine, its] = [parseReport(ours.stdout), parseReport(theirs.stdout)]
  // runc leaves it to a group that nobody has.
  const withoutQueue = (lines: readonly string[] = []) => lines.filter((line) => !line.endsWith(' mqueue'))
  assert.deepEqual(
    { ...mine, devices: withoutQueue(mine.devices) },
    { ...its, devices: withoutQueue(its.devices) },
  )
})
