// Tests of small things that callers of runc count on, and that its own integration suite pins: who dies by a kill, what
// may be written twice, whose filter may refuse what, and the words for it.

import assert from 'node:assert/strict'
import { readFileSync, rmdirSync, rmSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type BundleOptions, writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('compat')
let count = 0

interface Config {
  root: { readonly?: boolean }
  process: Record<string, unknown>
  linux: Record<string, unknown>
  mounts: unknown[]
}

/** A configuration, changed as said, and an id for it. */
function configure(
  command: string,
  change: (config: Config) => void = () => {},
  more: Partial<BundleOptions> = {},
): string {
  const id = `${scene.name}-c${++count}`
  writeConfig(scene.bundle, { command, cgroupsPath: `/${id}`, ...more })
  const path = join(scene.bundle, 'config.json')
  const config: Config = JSON.parse(readFileSync(path, 'utf8'))
  change(config)
  writeFileSync(path, JSON.stringify(config))
  return id
}

const runOnce = (id: string) => scene.runt('run', '-b', scene.bundle, id)
const status = (id: string): string => JSON.parse(scene.runt('state', id).stdout).status

/** Runs a test with a container in the background, which is deleted whatever happens. */
function withContainer(id: string, run: () => Promise<void>): Promise<void> {
  assert.equal(scene.leave('run', '-d', '-b', scene.bundle, id).status, 0)
  return run().finally(() => scene.runt('delete', '--force', id))
}

for (const initGoes of [false, true]) {
  const when = initGoes ? ', also when its first process has ended' : ''
  test(`without a pid namespace, kill KILL is for everyone in the container${when}`, options, async () => {
    const id = configure('exec sleep 1000', () => {}, { namespaces: ['network', 'ipc', 'uts', 'mount'] })
    await withContainer(id, async () => {
      const pidFile = join(scene.directory, `${id}.pid`)
      assert.equal(scene.leave('exec', '-d', '--pid-file', pidFile, id, 'sleep', '1000').status, 0)
      const other = readFileSync(pidFile, 'utf8')
      if (initGoes) {
        process.kill(JSON.parse(scene.runt('state', id).stdout).pid, 'SIGKILL')
        await until('it has stopped', () => status(id) === 'stopped')
      }
      const alive = readFileSync(`/proc/${other}/stat`, 'utf8')
      assert.doesNotMatch(alive, /\) Z /)
      assert.deepEqual(scene.runt('kill', id, 'KILL'), { status: 0, stdout: '', stderr: '' })
      await until('the other one has gone', () => {
        try {
          return /\) Z /.test(readFileSync(`/proc/${other}/stat`, 'utf8'))
        } catch {
          return true
        }
      })
    })
  })
}

test('kill 0 asks whether somebody is there', options, async () => {
  const id = configure('exec sleep 1000')
  await withContainer(id, async () => {
    assert.deepEqual(scene.runt('kill', id, '0'), { status: 0, stdout: '', stderr: '' })
    scene.runt('kill', id, 'KILL')
    await until('it has stopped', () => status(id) === 'stopped')
    assert.match(scene.runt('kill', id, '0').stderr, /container not running/)
    assert.equal(scene.runt('kill', '--all', id, '0').status, 0)
  })
})

test('options may follow the id, but not the command of another', options, async () => {
  const id = configure('exec sleep 1000')
  await withContainer(id, async () => {
    assert.deepEqual(scene.runt('update', id, '--pids-limit', '12'), { status: 0, stdout: '', stderr: '' })
    assert.equal(scene.runt('exec', id, 'echo', '--help').stdout, '--help\n')
  })
})

test('proc is mounted where it seems to be, or not at all', options, () => {
  const id = configure('true')
  const at = join(scene.bundle, 'rootfs/proc')
  rmdirSync(at)
  symlinkSync('tmp', at)
  try {
    const { status: code, stderr } = runOnce(id)
    assert.equal(code, 1)
    assert.match(stderr, /must be mounted on ordinary directory/)
  } finally {
    unlinkSync(at)
    scene.shell('mkdir "$0"', at)
  }
})

test('a path may be masked twice, and is masked once', options, () => {
  const id = configure('grep -c " /sys/firmware " /proc/mounts', ({ linux }) => {
    linux.maskedPaths = ['/sys/firmware', '/sys/firmware/']
  })
  assert.deepEqual(runOnce(id), { status: 0, stdout: '1\n', stderr: '' })
})

test('a working directory that the image has not is made, also on a root that is read-only', options, () => {
  for (const readonly of [false, true]) {
    const cwd = `/made-${readonly}/for it/`
    const id = configure('pwd', (config) => {
      config.root.readonly = readonly
      config.process.cwd = cwd
    })
    assert.deepEqual(runOnce(id), { status: 0, stdout: `${cwd.slice(0, -1)}\n`, stderr: '' })
    rmSync(join(scene.bundle, 'rootfs', cwd.split('/')[1] as string), { recursive: true })
  }
})

test(
  'a user may open the pipes again that are its standard streams, and nothing else is given to it',
  options,
  () => {
    const id = configure('echo out >/dev/stdout; echo err >/dev/stderr', (config) => {
      config.process.user = { uid: 1000, gid: 1001 }
    })
    const { stdout } = scene.shell('"$@" 2>&1 | cat', 'run', '-b', scene.bundle, id)
    assert.equal(stdout, 'out\nerr\n')
    const { status, file } = scene.leave('run', '-b', scene.bundle, id)
    assert.equal(status, 1)
    assert.equal(statSync(file).uid, 0)
  },
)

test('a device right below the root', options, () => {
  const devices = [{ path: '/zero', type: 'c', major: 1, minor: 5 }]
  const id = configure('stat -c %t:%T /zero', ({ linux }) => Object.assign(linux, { devices }))
  assert.deepEqual(runOnce(id), { status: 0, stdout: '1:5\n', stderr: '' })
  rmSync(join(scene.bundle, 'rootfs/zero'))
})

test('a device rule of both types with numbers is for these numbers, not for every device', options, () => {
  // Major 60 is for local use: nothing answers there, so what may be opened is only told that nobody is.
  const nodes = ['c1', 'b1', 'c2', 'b2'].map(([type, minor]) => ({
    path: `/dev/${type}${minor}`,
    type,
    major: 60,
    minor: Number(minor),
  }))
  const script = nodes.map(({ path }) => `cat ${path} 2>&1`).join('; ')
  const id = configure(`${script}; true`, ({ linux }) => {
    const deny = { allow: false, access: 'rwm' }
    const resources = { devices: [deny, { allow: true, type: 'a', major: 60, minor: 1, access: 'rwm' }] }
    Object.assign(linux, { devices: nodes, resources })
  })
  const { status, stdout, stderr } = runOnce(id)
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' })
  const opened = 'No such device or address'
  const refused = 'Operation not permitted'
  assert.deepEqual(
    stdout.match(/[^:]+$/gm)?.map((reason) => reason.trim()),
    [opened, opened, refused, refused],
  )
})

test('a domain name may be said twice, but not in two ways', options, () => {
  const named = (name: string) => (config: Config) => {
    Object.assign(config, { domainname: 'here' })
    config.linux.sysctl = { 'kernel.domainname': name }
  }
  const same = runOnce(configure('cat /proc/sys/kernel/domainname', named('here')))
  assert.deepEqual(same, { status: 0, stdout: 'here\n', stderr: '' })
  const { status, stderr } = runOnce(configure('true', named('there')))
  assert.equal(status, 1)
  assert.match(stderr, /linux\.sysctl\["kernel\.domainname"\]: domainname is given as well/)
})

test('a filter without new privileges may refuse what the start itself needed', options, () => {
  const names = ['close_range', 'fsopen', 'openat2', 'open_tree', 'move_mount', 'mount_setattr']
  const refuse = { names, action: 'SCMP_ACT_ERRNO', errnoRet: 38 }
  const id = configure('ls /proc/self/fd', (config) => {
    config.process.noNewPrivileges = false
    config.linux.seccomp = { defaultAction: 'SCMP_ACT_ALLOW', syscalls: [refuse] }
  })
  assert.deepEqual(runOnce(id), { status: 0, stdout: '0\n1\n2\n3\n', stderr: '' })
})

test('what is wrong with a memory policy is said as runc says it', options, () => {
  const said = (memoryPolicy: object): string =>
    runOnce(
      configure('true', ({ linux }) => {
        linux.memoryPolicy = memoryPolicy
      }),
    ).stderr
  assert.match(said({}), /invalid memory policy mode/)
  assert.match(said({ mode: 'MPOL_BIND', nodes: '0', flags: ['bad'] }), /invalid memory policy flag/)
  assert.match(said({ mode: 'MPOL_BIND', nodes: '0-9876543210' }), /invalid memory policy node/)
  assert.match(said({ mode: 'MPOL_DEFAULT', nodes: '0-7' }), /mode requires 0 nodes but got 8/)
})

test('an execve that is refused is one line of runc for programs, and explained to people', options, () => {
  writeFileSync(join(scene.bundle, 'rootfs/script'), '#!/no/interpreter\n', { mode: 0o755 })
  const line = 'exec /script: no such file or directory'
  const id = configure('true', ({ process }) => {
    process.args = ['/script']
  })
  assert.deepEqual(scene.runt('run', '-b', scene.bundle, id), { status: 1, stdout: '', stderr: `${line}\n` })
  const log = join(scene.directory, 'execve.log')
  assert.equal(scene.runt('--log', log, 'run', '-b', scene.bundle, id).stderr, `${line}\n`)
  assert.match(
    readFileSync(log, 'utf8'),
    /level=error msg="exec \/script: .*interpreter \\"\/no\/interpreter/,
  )
  assert.match(scene.runt('--debug', 'run', '-b', scene.bundle, id).stderr, /hint: its interpreter/)
  const json = scene.runt('--log-format', 'json', 'run', '-b', scene.bundle, id).stderr
  assert.match(JSON.parse(json).msg, /^exec \/script: .*\(its interpreter/)
  const terminal = scene.shell('exec script -qec "$*" /dev/null', 'run', '-b', scene.bundle, id)
  assert.match(terminal.stdout, /^runt: exec \/script: no such file or directory \(its interpreter .*\)\r\n$/)
})

test('called runc, its help and version are in that name, and say what it is', options, () => {
  const link = join(scene.directory, 'runc')
  symlinkSync(scene.path, link)
  const { path } = scene
  try {
    scene.path = link
    const version = scene.runt('--version').stdout
    assert.match(
      version,
      /^runc version \S+\ncommit: \S+\nspec: \S+\nthis is runt, called by the name of runc\n$/,
    )
    const help = scene.runt('--help').stdout
    assert.match(help, /^NAME:\n {2}runc - Open Container Initiative runtime/)
    assert.match(help, /default: \/run\/runt, or/)
    assert.match(scene.runt('exec', '--help').stdout, /^NAME:\n {2}runc exec - /)
    assert.equal(scene.runt('help', 'exec').stdout, scene.runt('exec', '--help').stdout)
  } finally {
    scene.path = path
  }
  assert.match(scene.runt('--version', 'runc').stdout, /^runt version \S+\ncommit: \S+\nspec: \S+\n$/)
})
