// Tests which namespaces a container has: new ones, those of its maker, and existing ones that it joins by path.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerConfig, DEFAULT_MOUNTS, type Namespace, type NamespaceType } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'
import { inTime } from '../helpers/in-time.ts'
import { giveTree } from '../helpers/rootfs.ts'

const FILES: Readonly<Record<NamespaceType, string>> = {
  mount: 'mnt',
  uts: 'uts',
  ipc: 'ipc',
  pid: 'pid',
  network: 'net',
  user: 'user',
  cgroup: 'cgroup',
  time: 'time',
}
const TYPES = Object.keys(FILES) as readonly NamespaceType[]

/** Ids 0 to 65535 inside are 100000 to 165535 outside. */
const MAPPED = {
  uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
  gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
} as const

function withMaps(namespaces: readonly Namespace[]): Partial<ContainerConfig> {
  const isNew = namespaces.some(({ type, path }) => type === 'user' && path === undefined)
  return { namespaces, ...(isNew ? MAPPED : {}) }
}

const link = (pid: number | 'self', type: NamespaceType): string =>
  readlinkSync(`/proc/${pid}/ns/${FILES[type]}`)

/** The namespaces of a process that are not ours. */
const foreign = (pid: number): readonly NamespaceType[] =>
  TYPES.filter((type) => link(pid, type) !== link('self', type))

for (const type of TYPES) {
  containerTest(`a new ${type} namespace, and no other`, async ({ create, cgroupPath }) => {
    const container = await create({ ...withMaps([{ type }]), cgroup: { path: cgroupPath() } })
    const first = await container.start(SLEEP)
    assert.deepEqual(foreign(first.pid), [type])
    const second = await container.start(SLEEP)
    assert.deepEqual(foreign(second.pid), [type])
    assert.equal(link(second.pid, type), link(first.pid, type))
  })
}

containerTest(
  'all eight at once, and a later process in each of them',
  async ({ create, rootfs, cgroupPath }) => {
    giveTree(rootfs, 100_000, 100_000)
    const container = await create({
      ...withMaps(TYPES.map((type) => ({ type }))),
      cgroup: { path: cgroupPath() },
    })
    const first = await container.start(SLEEP)
    assert.deepEqual(foreign(first.pid), TYPES)
    const second = await container.start(SLEEP)
    for (const type of TYPES) assert.equal(link(second.pid, type), link(first.pid, type), type)
  },
)

containerTest(
  'what namespaces begin with belongs to the root of their user namespace',
  async ({ create, rootfs, cgroupPath }) => {
    giveTree(rootfs, 100_000, 100_000)
    const types = ['user', 'mount', 'pid', 'network', 'ipc'] as const
    const container = await create({
      ...withMaps(types.map((type) => ({ type }))),
      mounts: DEFAULT_MOUNTS,
      cgroup: { path: cgroupPath() },
    })
    const owners = await output(runIn(container, 'stat -c %u:%g /sys/class/net/lo/ifindex /dev/mqueue'))
    assert.equal(owners, '0:0\n0:0')
  },
)

containerTest('no namespace at all is a process in a chroot', async ({ create, cgroupPath }) => {
  const container = await create({ namespaces: [], cgroup: { path: cgroupPath() } })
  const first = await container.start(SLEEP)
  assert.deepEqual(foreign(first.pid), [])
  assert.equal(
    await output(runIn(container, 'ls -d /etc/passwd /home/alice; pwd')),
    '/etc/passwd\n/home/alice\n/',
  )
})

/** A container with all eight namespaces, and the pid of its first process. */
async function startHolder(box: Box): Promise<number> {
  const namespaces = TYPES.map((type) => ({ type }))
  const holder = await box.create({ ...withMaps(namespaces), cgroup: { path: box.cgroupPath() } })
  return (await holder.start(SLEEP)).pid
}

for (const type of TYPES) {
  containerTest(`a ${type} namespace joined by path, by the first process and by later ones`, async (box) => {
    giveTree(box.rootfs, 100_000, 100_000)
    const holder = await startHolder(box)
    const namespaces = [{ type, path: `/proc/${holder}/ns/${FILES[type]}` }]
    // In a mount namespace that is joined, a path is a path there.
    const rootfs = type === 'mount' ? '/' : box.rootfs
    const container = await box.create({ rootfs, namespaces, cgroup: { path: box.cgroupPath() } })
    const first = await container.start(SLEEP)
    assert.equal(link(first.pid, type), link(holder, type))
    assert.deepEqual(foreign(first.pid), [type])
    const second = await container.start(SLEEP)
    assert.deepEqual(foreign(second.pid), [type])
    assert.equal(link(second.pid, type), link(holder, type))
  })
}

containerTest(
  'a pid namespace joined by path: the processes see each other, and end with its first',
  async (box) => {
    const holder = await box.create()
    const first = await holder.start(SLEEP)
    const namespaces: readonly Namespace[] = [
      { type: 'mount' },
      { type: 'pid', path: `/proc/${first.pid}/ns/pid` },
    ]
    const guest = await box.create({ namespaces, mounts: [{ type: 'proc', destination: '/proc' }] })
    const process = await guest.start(SLEEP)
    const inGuest = await output(runIn(guest, 'ps -o pid,args'))
    assert.match(inGuest, /^ +1 .*sleep/m, 'the guest sees the first process of the holder')
    assert.equal(await output(runIn(holder, 'ps -o args | grep -c "[t]rap"')), '2')
    assert.equal(await guest.status(), 'running')
    first.signal('SIGKILL')
    assert.equal((await process.wait()).signal, 'SIGKILL')
  },
)

containerTest(
  'a user namespace joined by path: its ids, and new namespaces that belong to it',
  async (box) => {
    giveTree(box.rootfs, 100_000, 100_000)
    const holder = await box.create(withMaps([{ type: 'user' }, { type: 'mount' }]))
    const { pid } = await holder.start(SLEEP)
    const namespaces: readonly Namespace[] = [
      { type: 'user', path: `/proc/${pid}/ns/user` },
      { type: 'mount' },
      { type: 'pid' },
      { type: 'uts' },
      { type: 'ipc' },
      { type: 'network' },
    ]
    const guest = await box.create({ namespaces, hostname: 'guest' })
    const script =
      'cat /proc/self/uid_map; id -u; stat -c %u /etc/passwd; hostname; echo $$; ls /sys/class/net; echo x >/dev/null'
    const lines = (await output(box.run(guest.config as ContainerConfig, script))).split('\n')
    assert.match(lines[0] ?? '', /^ +0 +100000 +65536$/)
    assert.deepEqual(lines.slice(1), ['0', '0', 'guest', '1', 'lo'])
    const process = await guest.start(SLEEP)
    assert.equal(link(process.pid, 'user'), link(pid, 'user'))
    assert.equal(await output(runIn(guest, 'id -u; hostname')), '0\nguest')
  },
)

containerTest(
  'a user namespace joined by path, and namespaces of the host beside it, which are not its own',
  async ({ create, rootfs }) => {
    giveTree(rootfs, 100_000, 100_000)
    const holder = await create(withMaps([{ type: 'user' }, { type: 'mount' }]))
    const { pid } = await holder.start(SLEEP)
    const types = ['network', 'uts', 'ipc', 'cgroup'] as const
    const other = await create({ namespaces: types.map((type) => ({ type })) })
    const { pid: owner } = await other.start(SLEEP)
    const container = await create({
      mounts: [],
      namespaces: [
        { type: 'user', path: `/proc/${pid}/ns/user` },
        { type: 'mount' },
        { type: 'pid' },
        ...types.map((type) => ({ type, path: `/proc/${owner}/ns/${FILES[type]}` })),
      ],
    })
    const first = await container.start(SLEEP)
    const second = await container.start(SLEEP)
    for (const process of [first, second]) {
      assert.equal(link(process.pid, 'user'), link(pid, 'user'))
      for (const type of types) assert.equal(link(process.pid, type), link(owner, type), type)
    }
  },
)

containerTest(
  'a namespace that is kept by a bind mount, without a process',
  async ({ create, directory }) => {
    const kept = join(directory, 'kept-net')
    writeFileSync(kept, '')
    const maker = await create({ namespaces: [{ type: 'network' }] })
    const { pid } = await maker.start(SLEEP)
    const before = link(pid, 'network')
    execFileSync('mount', ['--bind', `/proc/${pid}/ns/net`, kept])
    try {
      await maker.destroy()
      const container = await create({ namespaces: [{ type: 'mount' }, { type: 'network', path: kept }] })
      const process = await container.start(SLEEP)
      assert.equal(link(process.pid, 'network'), before)
      await container.destroy()
    } finally {
      execFileSync('umount', ['-l', kept])
    }
  },
)

containerTest(
  'paths that are no namespace, or one of another type, are refused at once',
  async ({ create, directory, factory }) => {
    const at = (name: string): string => join(directory, name)
    writeFileSync(at('file'), '')
    execFileSync('mkfifo', [at('fifo')])
    mkdirSync(at('folder'))
    const wrong = ['file', 'fifo', 'folder', 'missing'].map(at).concat('/dev/zero', '/proc/self/status')
    for (const type of TYPES) {
      const other = type === 'uts' ? '/proc/self/ns/ipc' : '/proc/self/ns/uts'
      for (const path of [...wrong, other]) {
        const container = await create({ namespaces: [{ type, path }] })
        const code = path.endsWith('missing') ? 'SystemError' : 'ConfigInvalid'
        const error = await inTime(refused(container.start(SLEEP), code), () => `${type} ${path}`)
        assert.match(error.field ?? '', /^namespaces/, path)
        assert.match(error.detail(), new RegExp(path), `${type}: ${error.detail()}`)
        await container.destroy()
      }
    }
    assert.deepEqual(await factory.list(), [])
  },
)

containerTest('user namespace: ids are mapped both ways', async ({ create, rootfs, directory }) => {
  giveTree(rootfs, 100_000, 100_000)
  writeFileSync(join(rootfs, 'of-alice'), '')
  giveTree(join(rootfs, 'of-alice'), 101_000, 101_000)
  writeFileSync(join(rootfs, 'of-nobody-inside'), '')
  const data = join(directory, 'data')
  mkdirSync(data)
  giveTree(data, 100_000, 100_000)
  const container = await create({
    ...withMaps([...TYPES.map((type) => ({ type }))]),
    mounts: [...DEFAULT_MOUNTS, { type: 'bind', source: data, destination: '/data' }],
  })
  const first = await container.start(SLEEP)
  assert.match(readFileSync(`/proc/${first.pid}/uid_map`, 'utf8'), /^ +0 +100000 +65536\n$/)
  const script = `
    stat -c '%u:%g' /etc/passwd /of-alice /of-nobody-inside
    echo hello >/data/from-inside; chown 5:6 /data/from-inside
    id -G; cat /proc/self/setgroups
    stat -c '%t:%T %a' /dev/null /dev/full; echo x >/dev/null && head -c 1 /dev/zero | wc -c
    mknod /tmp/null c 1 3 2>&1 || echo no mknod`
  assert.equal(
    await output(runIn(container, script)),
    '0:0\n1000:1000\n65534:65534\n0\nallow\n1:3 666\n1:7 666\n1\nmknod: /tmp/null: Operation not permitted\nno mknod',
  )
  assert.equal(
    execFileSync('stat', ['-c', '%u:%g', join(data, 'from-inside')], { encoding: 'utf8' }).trim(),
    '100005:100006',
  )
  assert.equal(
    await output(runIn(container, { args: ['/bin/id'], user: 'alice', stdin: 'ignore' })),
    'uid=1000(alice) gid=1000(alice) groups=29(audio),46(plugdev)',
  )
})

containerTest(
  'user namespace: several rows, and one that does not begin at 0',
  async ({ create, rootfs }) => {
    giveTree(rootfs, 100_000, 100_000)
    const rows = [
      { containerId: 0, hostId: 100_000, size: 1 },
      { containerId: 1, hostId: 200_000, size: 10 },
      { containerId: 1000, hostId: 300_000, size: 5 },
    ]
    const container = await create({
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: rows,
      gidMappings: rows,
    })
    const process = await container.start({ ...SLEEP, user: '1000:1000' })
    const map = readFileSync(`/proc/${process.pid}/uid_map`, 'utf8').trim().split('\n')
    assert.deepEqual(
      map.map((row) => row.trim().split(/ +/).map(Number)),
      rows.map((row) => Object.values(row)),
    )
    assert.equal(
      execFileSync('stat', ['-c', '%u:%g', `/proc/${process.pid}`], { encoding: 'utf8' }).trim(),
      '300000:300000',
    )
    const error = await refused(container.start({ args: ['/bin/true'], user: '500:500' }), 'SystemError')
    assert.match(error.detail(), /not mapped/)
  },
)

containerTest(
  'cgroup namespace: the container sees its cgroup as the root',
  async ({ create, cgroupPath }) => {
    const cgroup = { path: cgroupPath() }
    const withNamespace = await create({ cgroup })
    await withNamespace.start(SLEEP)
    const lines = await output(runIn(withNamespace, 'cut -d: -f3 /proc/self/cgroup | sort -u'))
    assert.equal(lines, '/')
    await withNamespace.destroy()
    const without = await create({ cgroup, namespaces: [{ type: 'mount' }, { type: 'pid' }] })
    assert.match(await output(runIn(without, 'cat /proc/self/cgroup')), new RegExp(`${cgroup.path}$`, 'm'))
  },
)

containerTest('the state names the namespaces, so that others can join them', async ({ create, factory }) => {
  const holder = await create()
  await holder.start(SLEEP)
  const { namespace_paths: paths } = await (await factory.load(holder.id)).state()
  const path = paths.NEWUTS
  assert.ok(path !== undefined && existsSync(path))
  const container = await create({ namespaces: [{ type: 'uts', path }, { type: 'mount' }] })
  const process = await container.start(SLEEP)
  assert.equal(readlinkSync(path), link(process.pid, 'uts'))
})
