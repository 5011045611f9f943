// Tests every code that the documentation of a public method lists: that it comes, with the facts that help, and that
// nothing was left behind.

import assert from 'node:assert/strict'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type ContainerConfig, Factory, isLibcontainerError, type ProcessOptions } from 'libcontainer'
import { containerTest, refused, runIn, SLEEP, shell, startReady } from '../helpers/container-test.ts'

/** What JavaScript callers may hand in. */
const wrong = <T>(value: unknown): T => value as T

containerTest('Factory.open: ConfigInvalid, SystemError', async ({ directory }) => {
  for (const root of [
    '',
    '/',
    '//',
    'relative',
    './x',
    '/a\0b',
    wrong<string>(5),
    wrong<string>(undefined),
  ]) {
    const error = await refused(Factory.open(root), 'ConfigInvalid')
    assert.equal(error.field, 'root')
  }
  writeFileSync(join(directory, 'file'), '')
  const error = await refused(Factory.open(join(directory, 'file/below')), 'SystemError')
  assert.deepEqual([error.errno, error.syscall], ['ENOTDIR', 'mkdirat'])
  await refused(Factory.open(join(directory, 'file')), 'SystemError')
})

containerTest(
  'factory.create: InvalidIdFormat, ConfigInvalid, IdInUse, in this order',
  async ({ factory, rootfs, directory }) => {
    const good = { rootfs }
    const bad = { rootfs, hostname: 5 } as unknown as ContainerConfig
    for (const id of ['', 'a-b', '../x', 'a/b', 'é', 'x'.repeat(1025), wrong<string>(null)])
      await refused(factory.create(id, bad), 'InvalidIdFormat')
    const container = await factory.create('taken', good)
    await refused(factory.create('taken', bad), 'ConfigInvalid')
    await refused(factory.create('taken', good), 'IdInUse')
    const tooLong = await refused(factory.create('x'.repeat(256), good), 'SystemError')
    assert.equal(tooLong.errno, 'ENAMETOOLONG')
    await container.destroy()

    rmSync(join(directory, 'state'), { recursive: true })
    const error = await refused(factory.create('a', good), 'SystemError')
    assert.equal(error.errno, 'ENOENT')
  },
)

containerTest(
  'factory.create: ConfigInvalid for a root filesystem that is none',
  async ({ factory, directory, rootfs }) => {
    writeFileSync(join(directory, 'file'), '')
    symlinkSync(rootfs, join(directory, 'link'))
    const cases = {
      [join(directory, 'missing')]: /does not exist/,
      [join(directory, 'file')]: /not a directory/,
      [join(directory, 'link')]: /symbolic link/,
      [`${join(directory, 'link')}/bin`]: /symbolic link/,
      [`${rootfs}/`]: /clean|slash/,
      [`${rootfs}/../rootfs`]: /clean|\.\./,
      relative: /absolute/,
    }
    for (const [path, reason] of Object.entries(cases)) {
      const error = await refused(factory.create('a', { rootfs: path }), 'ConfigInvalid')
      assert.equal(error.field, 'rootfs')
      assert.match(error.reason, reason, path)
    }
    assert.deepEqual(await factory.list(), [])
  },
)

containerTest(
  "factory.create: a validator of the caller's own refuses by throwing",
  async ({ directory, rootfs }) => {
    const validator = (): never => {
      throw new RangeError('not on Sundays')
    }
    const factory = await Factory.open(join(directory, 'strict'), { validator })
    await assert.rejects(factory.create('a', { rootfs }), RangeError)
    assert.deepEqual(await factory.list(), [])
  },
)

containerTest(
  'factory.load: InvalidIdFormat, ContainerNotExists, SystemError',
  async ({ factory, directory }) => {
    for (const id of ['../test', '', 'a/b', '.']) await refused(factory.load(id), 'InvalidIdFormat')
    await refused(factory.load('nobody'), 'ContainerNotExists')
    const broken = ['', '{', '[]', 'null', '{"state_version":99}', '{"state_version":1}', '\0'.repeat(100)]
    for (const [index, text] of broken.entries()) {
      const path = join(directory, 'state', `broken_${index}`)
      mkdirSync(path)
      writeFileSync(join(path, 'state.json'), text)
      await refused(factory.load(`broken_${index}`), 'SystemError')
    }
    mkdirSync(join(directory, 'state', 'folder/state.json'), { recursive: true })
    await refused(factory.load('folder'), 'SystemError')
    mkdirSync(join(directory, 'state', 'empty'))
    await refused(factory.load('empty'), 'ContainerNotExists')
  },
)

containerTest('factory.explain: ConfigInvalid, SystemError', async ({ factory, rootfs }) => {
  const process = { args: ['/bin/true'] }
  await refused(factory.explain({ rootfs: 'relative' }, process), 'ConfigInvalid')
  await refused(factory.explain({ rootfs }, { args: [] }), 'ConfigInvalid')
  const mounts = [{ type: 'bind', source: '/nowhere', destination: '/x' }] as const
  const error = await refused(factory.explain({ rootfs, mounts }, process), 'SystemError')
  assert.deepEqual([error.field, error.errno], ['mounts[0].source', 'ENOENT'])
})

containerTest(
  'container.status: SystemError when the state cannot be read',
  async ({ create, factory, directory }) => {
    const container = await create()
    await container.start(SLEEP)
    const loaded = await factory.load(container.id)
    const file = join(directory, 'state', container.id, 'state.json')
    const text = readFileSync(file)
    writeFileSync(file, '{')
    await refused(loaded.status(), 'SystemError')
    writeFileSync(file, text)
    assert.equal(await loaded.status(), 'running')
  },
)

containerTest('container.state: ContainerNotExists; container.stats: ConfigInvalid', async ({ create }) => {
  const container = await create()
  await refused(container.state(), 'ContainerNotExists')
  const process = await startReady(container)
  const error = await refused(container.stats(), 'ConfigInvalid')
  assert.equal(error.field, 'cgroup')
  assert.match(error.hint ?? '', /cgroup\.path/)
  process.signal('TERM')
  await process.wait()
  await refused(container.state(), 'ContainerNotExists')
})

containerTest('container.signal: ContainerNotRunning, ConfigInvalid', async ({ create }) => {
  const container = await create()
  await refused(container.signal('TERM'), 'ContainerNotRunning')
  const process = await startReady(container)
  for (const signal of ['NOPE', 'SIGNOPE', 65, -1, 1.5, '', wrong<string>(null)]) {
    const error = await refused(container.signal(signal), 'ConfigInvalid')
    assert.equal(error.field, 'signal')
    assert.throws(
      () => process.signal(signal),
      (thrown) => isLibcontainerError(thrown) && thrown.code === 'ConfigInvalid',
    )
  }
  assert.equal(await container.status(), 'running')
  process.signal('sigterm')
  await process.wait()
  process.signal('SIGKILL')
  await refused(container.signal('TERM'), 'ContainerNotRunning')
})

containerTest('container.start: ConfigInvalid for what is no process', async ({ create, factory }) => {
  const container = await create()
  const cases: readonly (readonly [unknown, string])[] = [
    [{ args: [] }, 'process.args'],
    [{ args: ['a'], env: ['x'] }, 'process.env[0]'],
    [{ args: ['a'], stdout: 'nowhere' }, 'process.stdout'],
    [{ args: ['a'], stdin: -1 }, 'process.stdin'],
    [{ args: ['a'], stdin: null }, 'process.stdin'],
    [{ args: ['a'], extraFiles: [{}] }, 'process.extraFiles[0]'],
    [{ args: ['a'], color: 'red' }, 'process.color'],
  ]
  const before = readdirSync('/proc/self/fd').length
  for (const [options, field] of cases) {
    const error = await refused(container.start(options as ProcessOptions), 'ConfigInvalid')
    assert.equal(error.field, field)
  }
  assert.equal(readdirSync('/proc/self/fd').length, before)
  assert.deepEqual(await factory.list(), [container.id])
  assert.equal((await runIn(container, 'true')).status, 0)
})

containerTest(
  'container.start: ContainerNotExists once another object has destroyed it',
  async ({ create, factory }) => {
    const container = await create()
    const process = await container.start(SLEEP)
    const [one, other] = [await factory.load(container.id), await factory.load(container.id)]
    await one.destroy()
    await refused(other.start(SLEEP), 'ContainerNotExists')
    await refused(container.start(SLEEP), 'ContainerNotExists')
    await process.wait()
  },
)

interface Failure {
  readonly name: string
  readonly config?: Partial<ContainerConfig>
  readonly process?: Partial<ProcessOptions>
  /** Of the error. */
  readonly field: string
  readonly errno: string
  readonly says: RegExp
}

const FAILURES: readonly Failure[] = [
  {
    name: 'a command that PATH does not have',
    process: { args: ['nope'] },
    field: 'process.args[0]',
    errno: 'ENOENT',
    says: /executable file not found in \$PATH/,
  },
  {
    name: 'a command that is not there',
    process: { args: ['/bin/nope'] },
    field: 'process.args[0]',
    errno: 'ENOENT',
    says: /no such file or directory/,
  },
  {
    name: 'a command that is a directory',
    process: { args: ['/bin'] },
    field: 'process.args[0]',
    errno: 'EACCES',
    says: /permission denied/,
  },
  {
    name: 'a command that may not be executed',
    process: { args: ['/etc/passwd'] },
    field: 'process.args[0]',
    errno: 'EACCES',
    says: /permission denied/,
  },
  {
    name: 'an unknown user',
    process: { user: 'nobody_here' },
    field: 'process.user',
    errno: '',
    says: /nobody_here/,
  },
  {
    name: 'a working directory that is a file',
    process: { cwd: '/etc/passwd' },
    field: 'process.cwd',
    errno: 'ENOTDIR',
    says: /\/etc\/passwd/,
  },
  {
    name: 'a source that is not there',
    config: { mounts: [{ type: 'bind', source: '/nowhere', destination: '/x' }] },
    field: 'mounts[0].source',
    errno: 'ENOENT',
    says: /\/nowhere/,
  },
  {
    name: 'a file system that the kernel does not have',
    config: { mounts: [{ type: 'nopefs', destination: '/x' }] },
    field: 'mounts[0]',
    errno: 'ENODEV',
    says: /does not know this file system/,
  },
  {
    name: 'an option that the file system does not have',
    config: { mounts: [{ type: 'tmpfs', destination: '/x', data: 'nope=1' }] },
    field: 'mounts[0]',
    errno: 'EINVAL',
    says: /"\/x"/,
  },
  {
    name: 'a namespace that is not there',
    config: { namespaces: [{ type: 'mount' }, { type: 'ipc', path: '/nowhere' }] },
    field: 'namespaces[1].path',
    errno: 'ENOENT',
    says: /\/nowhere/,
  },
  {
    name: 'a kernel parameter that is not there',
    config: { sysctl: { 'net.ipv4.nope': '1' } },
    field: 'sysctl["net.ipv4.nope"]',
    errno: 'ENOENT',
    says: /no such parameter/,
  },
  {
    name: 'a value that the kernel does not take',
    config: { sysctl: { 'kernel.shmmni': 'many' } },
    field: 'sysctl["kernel.shmmni"]',
    errno: 'EINVAL',
    says: /kernel\.shmmni/,
  },
  {
    name: 'a limit that the kernel does not take',
    config: { cgroup: { path: '/container-test-bad', cpuset: { cpus: '4095' } } },
    field: 'cgroup.cpuset.cpus',
    errno: 'ERANGE',
    says: /cpuset/,
  },
]

/**
 * What this process has open, but for the descriptor that lists them, and for its own pid namespace: the threads that
 * start processes in other ones keep it to come back.
 */
function descriptors(): readonly string[] {
  const own = readlinkSync('/proc/self/ns/pid')
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target === own ? [] : [`fd ${fd}: ${target}`]
    } catch {
      return []
    }
  })
}

/** cgroups, mounts, children and descriptors that this process can see. */
function traces(): readonly string[] {
  return [
    ...descriptors(),
    ...readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n'),
    readFileSync('/proc/thread-self/children', 'utf8'),
    ...readdirSync('/sys/fs/cgroup', { recursive: true })
      .map(String)
      .filter((path) => /container-test-bad$/.test(path)),
  ]
}

for (const { name, config = {}, process = {}, field, errno, says } of FAILURES) {
  containerTest(
    `container.start: an error that says it, and nothing left: ${name}`,
    async ({ create, factory }) => {
      const container = await create(config)
      const attempt = { args: ['/bin/true'], env: ['PATH=/bin'], stdin: 'ignore', ...process } as const
      const before = traces()
      let message = ''
      for (let time = 0; time < 2; time++) {
        const error = await container.start(attempt).catch((thrown: unknown) => thrown)
        assert.ok(isLibcontainerError(error), String(error))
        assert.ok(error.code === 'SystemError' || error.code === 'ConfigInvalid', error.code)
        assert.match(error.detail(), says)
        assert.equal(error.field, field, error.detail())
        assert.equal(error.errno ?? '', errno, error.detail())
        assert.match(error.message, /^Cannot .+: .+$/)
        message = error.message
      }
      assert.deepEqual(traces(), before, message)
      assert.equal(await container.status(), 'destroyed')
      await container.destroy()
      assert.deepEqual(await factory.list(), [])
    },
  )
}

containerTest('a failed start of a later process leaves the container as it was', async ({ create }) => {
  const container = await create()
  await container.start(SLEEP)
  const before = traces()
  for (const process of [
    { args: ['nope'] },
    { args: ['/bin/true'], user: 'nobody_here' },
    { args: ['/bin/true'], cwd: '/x' },
  ])
    await refused(container.start(process), 'SystemError').catch((error: unknown) => {
      assert.match(String(error), /ConfigInvalid/)
    })
  assert.deepEqual(traces(), before)
  assert.equal(await container.status(), 'running')
  assert.equal((await runIn(container, shell('true'))).status, 0)
})

containerTest('errors are known across copies of the package, and tell their story', async ({ factory }) => {
  const error = await refused(factory.load('nobody'), 'ContainerNotExists')
  assert.ok(error instanceof Error)
  assert.equal(error.name, 'LibcontainerError')
  assert.equal(error.message, 'Cannot load container "nobody": container does not exist')
  assert.match(error.detail(), /^Cannot load .*\n {2}code: ContainerNotExists\n/)
  assert.ok(isLibcontainerError({ [Symbol.for('libcontainer.error')]: true }))
  assert.ok(!isLibcontainerError(new Error('x')))
})
