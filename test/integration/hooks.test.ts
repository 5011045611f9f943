// Tests of hooks with real programs: in which namespaces, when and in which order they run, and what they are given.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hook, Hooks, Mount } from 'libcontainer'
import { type Box, containerTest, output, runIn, SLEEP, shell } from '../helpers/container-test.ts'
import { HOOK_KINDS, type HookKind, script } from '../helpers/hook-scripts.ts'
import { giveTree } from '../helpers/rootfs.ts'

/** Writable from the host and, bound, from the container. */
const shared = (box: Box): readonly Mount[] => [
  { type: 'proc', destination: '/proc' },
  { type: 'tmpfs', destination: '/dev' },
  { type: 'bind', source: box.directory, destination: '/shared' },
]

const inEvery = (make: (kind: HookKind) => Hook): Hooks =>
  Object.fromEntries(HOOK_KINDS.map((kind) => [kind, [make(kind)]]))

/** Where a hook of that kind finds the test's directory. */
const place = (box: Box, kind: HookKind): string => (kind === 'startContainer' ? '/shared' : box.directory)

const read = (box: Box, name: string): string => readFileSync(join(box.directory, name), 'utf8').trim()

containerTest('every kind runs in its order, before and after the process', async (box) => {
  const hooks = inEvery((kind) => script(`echo ${kind} >> ${place(box, kind)}/log`))
  const container = await box.create({ mounts: shared(box), hooks })
  await output(runIn(container, 'echo process >> /shared/log'))
  await container.destroy()
  const log = read(box, 'log').split('\n')
  assert.deepEqual(
    log.filter((line) => line !== 'process'),
    HOOK_KINDS,
  )
  assert.ok(log.indexOf('process') > log.indexOf('startContainer'))
  assert.deepEqual(container.warnings, [])
})

containerTest('in two parts: the release runs what comes with the process', async (box) => {
  const hooks = inEvery((kind) => script(`echo ${kind} >> ${place(box, kind)}/log`))
  const container = await box.create({ mounts: shared(box), hooks })
  const process = await container.prepare(shell('echo process >> /shared/log; read -r line'))
  assert.deepEqual(read(box, 'log').split('\n'), HOOK_KINDS.slice(0, 3))
  const found = await box.factory.load(container.id)
  await found.release()
  process.stdout.resume()
  await process.wait()
  const begun = read(box, 'log').split('\n')
  assert.deepEqual(
    begun.filter((line) => line !== 'process'),
    HOOK_KINDS.slice(0, 5),
  )
  await found.destroy()
  assert.equal(read(box, 'log').split('\n').at(-1), 'poststop')
})

containerTest('each gets the state, with the pid and the status of its moment', async (box) => {
  const hooks = inEvery((kind) => script(`cat > ${place(box, kind)}/${kind}.json`))
  const container = await box.create({ mounts: shared(box), hooks, labels: { 'org.example': 'yes' } })
  const { pid } = await container.start(SLEEP)
  await container.destroy()
  const expected: Record<HookKind, { status: string; pid?: number }> = {
    prestart: { status: 'creating', pid },
    createRuntime: { status: 'creating', pid },
    createContainer: { status: 'creating', pid: 1 },
    startContainer: { status: 'created', pid: 1 },
    poststart: { status: 'running', pid },
    poststop: { status: 'stopped' },
  }
  for (const kind of HOOK_KINDS) {
    assert.deepEqual(
      JSON.parse(read(box, `${kind}.json`)),
      {
        ociVersion: '1.3.0',
        id: container.id,
        ...expected[kind],
        bundle: box.rootfs,
        annotations: { 'org.example': 'yes' },
      },
      kind,
    )
  }
})

containerTest('each runs in the namespaces of its kind', async (box) => {
  const names = ['mnt', 'net', 'uts', 'pid', 'ipc']
  const links = names.map((name) => `readlink /proc/self/ns/${name}`).join('; ')
  const hooks = inEvery((kind) => script(`{ ${links}; } > ${place(box, kind)}/${kind}.ns`))
  const container = await box.create({ mounts: shared(box), hooks })
  const process = await container.start(SLEEP)
  const linksOf = (pid: number | 'self'): readonly string[] =>
    names.map((name) => readlinkSync(`/proc/${pid}/ns/${name}`))
  const inside = linksOf(process.pid)
  await container.destroy()
  for (const kind of HOOK_KINDS) {
    const isInside = kind === 'createContainer' || kind === 'startContainer'
    assert.deepEqual(read(box, `${kind}.ns`).split('\n'), isInside ? inside : linksOf('self'), kind)
  }
})

containerTest('each gets its own arguments and environment, and no descriptor', async (box) => {
  const text =
    'echo "$0 $1"; env | grep -v -e ^_= -e ^PWD= -e ^SHLVL= -e ^OLDPWD= | sort; echo $(ls /proc/self/fd)'
  const hooks = inEvery((kind) => ({
    path: '/bin/sh',
    args: ['sh', '-c', `{ ${text}; } > ${place(box, kind)}/${kind}.env`, 'zero', 'one'],
    env: ['PATH=/usr/bin:/bin', 'FOO=bar'],
  }))
  const container = await box.create({ mounts: shared(box), hooks })
  await container.start({ ...SLEEP, extraFiles: [0] })
  await container.destroy()
  for (const kind of HOOK_KINDS) {
    // ls has the directory open.
    assert.equal(read(box, `${kind}.env`), 'zero one\nFOO=bar\nPATH=/usr/bin:/bin\n0 1 2 3', kind)
  }
})

containerTest(
  'startContainer hooks have the environment of the process unless they say theirs',
  async (box) => {
    const hook = { path: '/bin/sh', args: ['sh', '-c', 'echo "$ONE $HOME $(id -u)" > /shared/own'] }
    const hooks = { startContainer: [hook] }
    writeFileSync(join(box.directory, 'own'), '')
    chmodSync(join(box.directory, 'own'), 0o666)
    chmodSync(box.directory, 0o755)
    const container = await box.create({ mounts: shared(box), hooks })
    await container.start({ ...SLEEP, env: ['PATH=/bin', 'ONE=two'], user: '1000:1000' })
    // With the rights of the process: also its user.
    assert.equal(read(box, 'own'), 'two /home/alice 1000')
  },
)

containerTest('they start in the bundle, in the root, or where the process does', async (box) => {
  const hooks = inEvery((kind) => script(`pwd > ${place(box, kind)}/${kind}.cwd`))
  mkdirSync(join(box.rootfs, 'work'))
  const container = await box.create({ mounts: shared(box), hooks })
  await container.start({ ...SLEEP, cwd: '/work' })
  await container.destroy()
  for (const kind of HOOK_KINDS)
    assert.equal(read(box, `${kind}.cwd`), kind === 'startContainer' ? '/work' : box.rootfs, kind)
})

containerTest('createRuntime by nsenter and createContainer change what the container sees', async (box) => {
  for (const name of ['one', 'two']) writeFileSync(join(box.directory, name), `it is ${name}`)
  const enter = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/'); touch ${box.rootfs}/one &&
    nsenter -m -t $pid mount --bind ${box.directory}/one ${box.rootfs}/one`
  const container = await box.create({
    maskedPaths: ['/proc/kcore', '/etc'],
    hooks: {
      createRuntime: [script(enter)],
      createContainer: [script(`touch ./two && mount --bind ${box.directory}/two ./two`)],
    },
  })
  assert.equal(await output(runIn(container, 'cat /one /two; ls /etc')), 'it is oneit is two')
  await container.destroy()
  // Nothing of it is mounted on the host.
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').includes(box.rootfs), false)
})

containerTest('a hook finds the network namespace by the pid, and puts an interface there', async (box) => {
  const text = `pid=$(sed 's/.*"pid":\\([0-9]*\\).*/\\1/')
    ip link add hook0 type veth peer name hook1 && ip link set hook0 netns /proc/$pid/ns/net &&
    nsenter -n -t $pid ip address add 10.99.0.2/24 dev hook0`
  const hooks = { prestart: [script(text)] }
  const container = await box.create({ hooks })
  assert.match(await output(runIn(container, 'ip -o addr show dev hook0')), /10\.99\.0\.2\/24/)
})

containerTest('without a mount namespace they run as well', async (box) => {
  const hooks = inEvery((kind) =>
    script(kind === 'startContainer' ? 'echo startContainer >> /log' : `echo ${kind} >> ${box.rootfs}/log`),
  )
  const container = await box.create({ namespaces: [{ type: 'pid' }], hooks })
  await container.start({ ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
  await container.destroy()
  assert.deepEqual(readFileSync(join(box.rootfs, 'log'), 'utf8').trim().split('\n'), HOOK_KINDS)
})

containerTest(
  'in a user namespace those inside are root of it, those outside are the caller',
  async (box) => {
    chmodSync(box.directory, 0o755)
    mkdirSync(join(box.directory, 'out'))
    chmodSync(join(box.directory, 'out'), 0o777)
    giveTree(box.rootfs, 100_000, 100_000)
    const map = [{ containerId: 0, hostId: 100_000, size: 65_536 }]
    const out = (kind: HookKind): string => (kind === 'startContainer' ? '/out' : join(box.directory, 'out'))
    const hooks = inEvery((kind) => script(`echo $(id -u) $(cat /proc/self/uid_map) > ${out(kind)}/${kind}`))
    const container = await box.create({
      namespaces: ['user', 'mount', 'pid', 'network', 'ipc', 'uts'].map((type) => ({ type: type as 'user' })),
      uidMappings: map,
      gidMappings: map,
      mounts: [
        { type: 'proc', destination: '/proc' },
        { type: 'bind', source: join(box.directory, 'out'), destination: '/out' },
      ],
      devices: [],
      hooks,
    })
    await container.start({ ...SLEEP, stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' })
    await container.destroy()
    for (const kind of HOOK_KINDS) {
      const isInside = kind === 'createContainer' || kind === 'startContainer'
      const found = read(box, `out/${kind}`)
      assert.equal(found, isInside ? '0 0 100000 65536' : '0 0 0 4294967295', kind)
    }
  },
)

containerTest('explain shows them where they run', async (box) => {
  const hooks = inEvery((kind) => ({ path: `/hooks/${kind}` }))
  const listing = await box.factory.explain({ rootfs: box.rootfs, hooks }, { args: ['true'] })
  const lines = listing.split('\n').filter((line) => line.includes('run hook'))
  assert.deepEqual(
    lines.map((line) => [line.split(/ +/)[0], line.match(/hooks\.(\w+)/)?.[1]]),
    [
      ['parent', 'prestart'],
      ['parent', 'createRuntime'],
      ['init', 'createContainer'],
      ['init', 'startContainer'],
      ['parent', 'poststart'],
      ['parent', 'poststop'],
    ],
  )
})
