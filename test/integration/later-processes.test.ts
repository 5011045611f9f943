// Tests processes that join a running container: its namespaces and cgroup, environment, directory, command look-up.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { type ContainerConfig, LibcontainerError, type NamespaceType } from 'libcontainer'
import { containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'
import { inTime } from '../helpers/in-time.ts'
import { giveTree } from '../helpers/rootfs.ts'

const EVERY: readonly NamespaceType[] = ['user', 'mount', 'uts', 'ipc', 'pid', 'network', 'cgroup', 'time']
const MAPPED = {
  uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
  gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
} as const

const CONTAINERS: Readonly<Record<string, Partial<ContainerConfig>>> = {
  'the default namespaces': {},
  'all eight namespaces': { namespaces: EVERY.map((type) => ({ type })), ...MAPPED },
  'no mount namespace': { namespaces: [{ type: 'pid' }, { type: 'uts' }] },
  'a user namespace without a mount namespace': {
    namespaces: [{ type: 'user' }, { type: 'pid' }],
    ...MAPPED,
  },
}

for (const [name, config] of Object.entries(CONTAINERS)) {
  containerTest(`a later process joins everything: ${name}`, async ({ create, rootfs, cgroupPath }) => {
    giveTree(rootfs, 100_000, 100_000)
    const container = await create({ ...config, cgroup: { path: cgroupPath() } })
    const first = await container.start(SLEEP)
    const second = await container.start(SLEEP)
    for (const file of ['user', 'mnt', 'uts', 'ipc', 'pid', 'net', 'cgroup', 'time'])
      assert.equal(
        readlinkSync(`/proc/${second.pid}/ns/${file}`),
        readlinkSync(`/proc/${first.pid}/ns/${file}`),
        file,
      )
    const of = (pid: number, file: string): string => readFileSync(`/proc/${pid}/${file}`, 'utf8')
    assert.equal(of(second.pid, 'cgroup'), of(first.pid, 'cgroup'))
    assert.equal(of(second.pid, 'mountinfo'), of(first.pid, 'mountinfo'))
    const identity = (path: string): string =>
      execFileSync('stat', ['-Lc', '%d:%i', path], { encoding: 'utf8' })
    assert.equal(identity(`/proc/${second.pid}/root`), identity(`/proc/${first.pid}/root`))
    for (const line of ['Uid', 'Gid', 'Groups', 'CapBnd', 'CapEff', 'NoNewPrivs', 'Seccomp']) {
      const value = (pid: number): string | undefined =>
        new RegExp(`^${line}:.*$`, 'm').exec(of(pid, 'status'))?.[0]
      assert.equal(value(second.pid), value(first.pid))
    }
    const all = await container.processes()
    // Both shells, each with its sleep as soon as it has started one.
    assert.ok(all.includes(first.pid) && all.includes(second.pid) && all.length <= 4, String(all))
  })
}

containerTest('the environment is what was given, later entries win, and HOME', async ({ create }) => {
  const container = await create()
  await container.start({ ...SLEEP, env: ['PATH=/bin', 'FIRST=only', 'SECRET=x'] })
  const env = async (given: readonly string[], user = ''): Promise<string> =>
    output(runIn(container, { args: ['/bin/env'], env: given, user, stdin: 'ignore' }))
  assert.equal(await env([]), 'HOME=/root')
  assert.equal(await env(['A=1', 'B=2', 'A=3'], 'alice'), 'B=2\nA=3\nHOME=/home/alice')
  assert.equal(
    await env(['HOME=/given', 'EMPTY=', 'SPACE= a b ', 'X=1=2']),
    'HOME=/given\nEMPTY=\nSPACE= a b \nX=1=2',
  )
  assert.equal(await env(['HOME=', 'ü=€']), 'ü=€\nHOME=/root')
  assert.equal(await env(['HOME=/a', 'HOME=']), 'HOME=/root')
})

containerTest('users are those that the container has by now', async ({ create, rootfs }) => {
  const file = join(rootfs, 'etc/passwd')
  const of = (name: string, id: number): string => `${name}:x:${id}:${id}::/home/${name}:/bin/sh\n`
  const container = await create({ capabilities: ['SYS_ADMIN', 'SYS_CHROOT'], seccomp: null })
  await container.start(SLEEP)
  const whoIs = (user: string): Promise<string> =>
    output(runIn(container, { args: ['/bin/sh', '-c', 'echo $(id -u) $HOME'], user, stdin: 'ignore' }))
  writeFileSync(file, of('one', 81))
  assert.equal(await whoIs('one'), '81 /home/one', 'of its image')
  rmSync(file)
  assert.equal(await whoIs('82'), '82 /', 'there are none')
  symlinkSync('/tmp/passwd', file)
  await output(runIn(container, `mount -t tmpfs t /tmp; printf '${of('three', 83).trim()}' >/tmp/passwd`))
  assert.equal(await whoIs('three'), '83 /home/three', 'by a link to another mount')
  rmSync(file)
  writeFileSync(file, of('four', 84))
  await output(runIn(container, 'mount --bind /tmp/passwd /etc/passwd'))
  assert.equal(await whoIs('three'), '83 /home/three', 'of a mount that came later')
  await output(runIn(container, 'umount /etc/passwd'))
  assert.equal(await whoIs('four'), '84 /home/four')
})

containerTest('a FIFO in place of the user files holds nobody up', async ({ create, rootfs }) => {
  const container = await create()
  await container.start(SLEEP)
  rmSync(join(rootfs, 'etc/passwd'))
  execFileSync('mkfifo', [join(rootfs, 'etc/passwd')])
  const starting = refused(container.start({ ...SLEEP, user: 'alice' }), 'SystemError')
  assert.match((await inTime(starting, () => 'a start')).detail(), /not a regular file/)
})

containerTest(
  'a first process in another root: users are those of the mount namespace',
  async ({ create, rootfs }) => {
    mkdirSync(join(rootfs, 'other/etc'), { recursive: true })
    mkdirSync(join(rootfs, 'other/bin'), { recursive: true })
    copyFileSync(join(rootfs, 'bin/busybox'), join(rootfs, 'other/bin/busybox'))
    chmodSync(join(rootfs, 'other/bin/busybox'), 0o755)
    writeFileSync(join(rootfs, 'other/etc/passwd'), 'alice:x:4242:4242::/:/bin/sh\n')
    const container = await create({ capabilities: ['SYS_CHROOT'] })
    await container.start({ ...SLEEP, args: ['/bin/chroot', '/other', '/bin/busybox', 'sleep', '1000'] })
    const id = { args: ['/bin/id', '-u'], user: 'alice', stdin: 'ignore' } as const
    assert.equal(await output(runIn(container, id)), '1000')
  },
)

containerTest(
  'the command is looked up in PATH, as the process and from where it is',
  async ({ create, rootfs }) => {
    const make = (path: string, mode: string): void => {
      mkdirSync(join(rootfs, path, '..'), { recursive: true })
      writeFileSync(join(rootfs, path), `#!/bin/sh\necho ${path}\n`)
      execFileSync('chmod', [mode, join(rootfs, path)])
    }
    make('one/tool', '644')
    make('two/tool', '755')
    make('three/tool', '755')
    make('work/local', '755')
    make('private/hidden', '700')
    execFileSync('chmod', ['700', join(rootfs, 'private')])
    mkdirSync(join(rootfs, 'four/tool'), { recursive: true })
    const container = await create()
    await container.start(SLEEP)
    const run = (command: string, path: string | undefined, more = {}): Promise<string> =>
      output(
        runIn(container, {
          args: [command],
          env: path === undefined ? [] : [`PATH=${path}`],
          stdin: 'ignore',
          ...more,
        }),
      )
    assert.equal(await run('tool', '/four:/one:/missing:/two:/three'), 'two/tool')
    assert.equal(await run('local', '/nowhere::/two', { cwd: '/work' }), 'work/local')
    assert.equal(await run('./local', undefined, { cwd: '/work' }), 'work/local')
    assert.equal(await run('/three/tool', undefined), 'three/tool')
    const fails: readonly (readonly [string, string | undefined, object, string, RegExp])[] = [
      ['tool', '/nowhere', {}, 'ENOENT', /executable file not found in \$PATH/],
      ['tool', undefined, {}, 'ENOENT', /executable file not found in \$PATH/],
      ['tool', '', {}, 'ENOENT', /executable file not found in \$PATH/],
      ['tool', '/one:/four', {}, 'EACCES', /permission denied/],
      ['/four/tool', undefined, {}, 'EACCES', /permission denied/],
      ['/private/hidden', undefined, { user: 'daemon', capabilities: [] }, 'EACCES', /permission denied/],
      ['/bin/sh/', undefined, {}, 'ENOENT', /no such file/],
    ]
    for (const [command, path, more, errno, says] of fails) {
      const error = await run(command, path, more).catch((thrown: unknown) => thrown)
      assert.ok(error instanceof LibcontainerError, command)
      assert.deepEqual(
        [error.code, error.field, error.errno],
        ['SystemError', 'process.args[0]', errno],
        error.detail(),
      )
      assert.match(error.message, says)
    }
  },
)

containerTest('what execve refuses is an error of the start', async ({ create, rootfs }) => {
  const make = (name: string, text: string): void => {
    writeFileSync(join(rootfs, name), text, { mode: 0o755 })
  }
  make('no-interpreter', '#!/bin/missing\n')
  make('no-format', 'plain text')
  make('empty', '')
  make('not-elf', '\x7fELF')
  const container = await create()
  await container.start(SLEEP)
  for (const [name, errno] of [
    ['no-interpreter', 'ENOENT'],
    ['no-format', 'ENOEXEC'],
    ['empty', 'ENOEXEC'],
    ['not-elf', 'ENOEXEC'],
  ] as const) {
    const error = await refused(container.start({ args: [`/${name}`] }), 'SystemError')
    assert.deepEqual([error.step, error.errno, error.field], ['execute', errno, 'process.args'])
    assert.ok(error.hint, name)
  }
  const huge = await refused(container.start({ args: ['/bin/true', 'x'.repeat(200_000)] }), 'SystemError')
  assert.equal(huge.errno, 'E2BIG')
  assert.equal(
    await output(runIn(container, { args: ['/bin/sh', '-c', 'echo $#', 'sh', 'y'.repeat(100_000)] })),
    '1',
  )
})

containerTest(
  'the working directory: links, rights, and what is no directory',
  async ({ create, rootfs }) => {
    symlinkSync('/home/alice', join(rootfs, 'link'))
    mkdirSync(join(rootfs, 'private'), { mode: 0o700 })
    giveTree(join(rootfs, 'private'), 1000, 1000)
    const container = await create({ capabilities: [] })
    await container.start(SLEEP)
    const pwd = (cwd: string, user = ''): Promise<string> =>
      output(runIn(container, { args: ['/bin/pwd'], cwd, user, stdin: 'ignore' }))
    assert.equal(await pwd('/'), '/')
    assert.equal(await pwd('/link'), '/home/alice')
    assert.equal(await pwd('/home/../home/alice/'), '/home/alice')
    assert.equal(await pwd('/private', 'alice'), '/private')
    for (const [cwd, errno] of [
      ['/missing', 'ENOENT'],
      ['/etc/passwd', 'ENOTDIR'],
    ] as const) {
      const error = await refused(container.start({ args: ['/bin/pwd'], cwd }), 'SystemError')
      assert.deepEqual([error.errno, error.field], [errno, 'process.cwd'])
    }
  },
)

containerTest(
  'a working directory that nobody may enter is an error, not another directory',
  async ({ create, rootfs }) => {
    giveTree(rootfs, 100_000, 100_000)
    mkdirSync(join(rootfs, 'closed'), { mode: 0o700 })
    const container = await create({
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      ...MAPPED,
    })
    await container.start(SLEEP)
    const error = await refused(container.start({ args: ['/bin/pwd'], cwd: '/closed' }), 'SystemError')
    assert.deepEqual([error.errno, error.field], ['EACCES', 'process.cwd'])
  },
)

containerTest('a later process gets the limits, mask and score of its own', async ({ create }) => {
  const container = await create({ rlimits: [{ type: 'NOFILE', soft: 1025, hard: 1025 }] })
  await container.start({ ...SLEEP, oomScoreAdj: 10, umask: 0o077 })
  assert.equal(await output(runIn(container, 'ulimit -n; umask')), '1025\n0022')
})

containerTest('a hundred at once', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  await container.start(SLEEP)
  const numbers = Array.from({ length: 100 }, (_, index) => index)
  const outputs = await Promise.all(
    numbers.map((number) => output(runIn(container, { args: ['/bin/echo', String(number)] }))),
  )
  assert.deepEqual(outputs, numbers.map(String))
})
