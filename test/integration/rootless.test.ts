// Tests containers that an ordinary user makes: with a user namespace that maps the own ids, without any right on the
// host. Programs drop root before they open a factory.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Factory } from 'libcontainer'
import { containerTest, output, runIn } from '../helpers/container-test.ts'
import { hiddenFromUsers } from '../helpers/ordinary-user.ts'
import { giveTree, makeRootfs, removeTree } from '../helpers/rootfs.ts'
import { Program } from '../helpers/second-program.ts'

const USER = 12_345
const hidden = hiddenFromUsers()
/** The first id that is lent to that user. */
const LENT = 700_000

/** Loads the native part as root, as an ordinary user may not be able to read where it is. */
const AS_USER = `
  import { Factory, DEFAULT_NAMESPACES } from 'libcontainer'
  import { readlinkSync } from 'node:fs'
  import { buffer } from 'node:stream/consumers'
  const [, , directory] = process.argv
  await Factory.open(directory + '/first')
  process.setgroups([])
  process.setgid(${USER})
  process.setuid(${USER})
  const factory = await Factory.open(directory + '/state')
  const own = { containerId: 0, hostId: ${USER}, size: 1 }
  const create = (config) => factory.create('rootless', {
    rootfs: directory + '/rootfs',
    namespaces: [...DEFAULT_NAMESPACES, { type: 'user' }],
    uidMappings: [own],
    gidMappings: [own],
    ...config,
  })
  const run = async (container, script, options) => {
    const running = await container.start({ args: ['sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore', ...options })
    const [stdout, stderr, { status }] =
      await Promise.all([buffer(running.stdout), buffer(running.stderr), running.wait()])
    return { stdout: String(stdout), stderr: String(stderr), status }
  }
  const tell = (result) => { console.log(JSON.stringify(result)); process.exit() }
`

interface Told {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

/** Runs a module as a user who owns a directory with a root filesystem. */
async function asUser<T>(module: string): Promise<T> {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rootless-')))
  try {
    mkdirSync(join(directory, 'rootfs'))
    makeRootfs(join(directory, 'rootfs'))
    giveTree(directory, USER, USER)
    return JSON.parse(await new Program(AS_USER + module, directory).finish()) as T
  } finally {
    removeTree(directory)
  }
}

containerTest(
  'an ordinary user is root in a container of the default kind',
  async () => {
    const { stdout, stderr, status } = await asUser<Told>(`
    const container = await create({ hostname: 'mine' })
    const script = 'id -u; id -g; hostname; echo $$; cat /proc/self/uid_map; cat /proc/self/setgroups; ' +
      'echo ok >/dev/null && grep -c . /proc/mounts && ls -d /sys/kernel && touch /made && ls -n /made'
    const result = await run(container, script)
    await container.destroy()
    tell(result)`)
    assert.equal(stderr, '')
    assert.equal(status, 0)
    const [uid, gid, name, pid, map, setgroups, , kernel, made] = stdout.split('\n')
    assert.deepEqual([uid, gid, name, pid, setgroups, kernel], ['0', '0', 'mine', '1', 'deny', '/sys/kernel'])
    assert.deepEqual(map?.trim().split(/\s+/), ['0', String(USER), '1'])
    assert.match(made ?? '', / 0 +0 /)
  },
  hidden,
)

containerTest(
  'a later process of that user joins all of its namespaces',
  async () => {
    const [first, later] = await asUser<readonly [string, Told]>(`
    const container = await create()
    const script = 'for i in mnt uts ipc pid net user; do readlink /proc/self/ns/$i; done'
    const first = await container.start({ args: ['sh', '-c', script + '; exec sleep 1000'], env: ['PATH=/bin'], stdin: 'ignore' })
    const lines = await new Promise((resolve) => {
      let text = ''
      first.stdout.on('data', (bytes) => { text += bytes; if (text.split('\\n').length > 6) resolve(text) })
    })
    const later = await run(container, script + '; id -u; cat /proc/1/comm')
    await container.destroy()
    tell([lines, later])`)
    assert.equal(later.status, 0, later.stderr)
    assert.equal(later.stdout, `${first}0\nsleep\n`)
  },
  hidden,
)

containerTest(
  'a first process joins every namespace of a container of that user, its pids too',
  async () => {
    const [made, namespaces, joined, seen] = await asUser<readonly [string, readonly string[], Told, Told]>(`
    const target = await create()
    const first = await target.start({ args: ['sleep', '1000'], env: ['PATH=/bin'], stdin: 'ignore' })
    const paths = ['user', 'ipc', 'uts', 'network', 'pid']
      .map((type) => ({ type, path: '/proc/' + first.pid + '/ns/' + (type === 'network' ? 'net' : type) }))
    const attached = await factory.create('attached', {
      rootfs: directory + '/rootfs', namespaces: [{ type: 'mount' }, ...paths],
    })
    const links = (pid) => ['user', 'ipc', 'uts', 'net', 'pid'].map((type) => readlinkSync('/proc/' + pid + '/ns/' + type))
    const second = await attached.start({ args: ['sleep', '1001'], env: ['PATH=/bin'], stdin: 'ignore' })
    const namespaces = [JSON.stringify(links(first.pid)), JSON.stringify(links(second.pid))]
    const seen = await run(target, 'cat /proc/[0-9]*/cmdline | tr "\\\\0" " "')
    const state = (await attached.status())
    const joined = await run(attached, 'id -u; echo $$')
    await attached.destroy()
    const left = await target.status()
    await target.destroy()
    tell([state + ' ' + left, namespaces, joined, seen])`)
    assert.equal(made, 'running running')
    assert.equal(namespaces[0], namespaces[1])
    assert.match(seen.stdout, /sleep 1000 .*sleep 1001 /)
    assert.equal(joined.status, 0, joined.stderr)
    assert.match(joined.stdout, /^0\n\d+\n$/)
  },
  hidden,
)

containerTest(
  'what such a user may not do is refused with the reason, and leaves nothing',
  async () => {
    const errors = await asUser<readonly string[]>(`
    const errors = []
    const attempt = async (config, process) => {
      const container = await create(config)
      await run(container, 'true', process).then(() => errors.push('it started'), ({ message }) => errors.push(message))
      await container.destroy()
    }
    await attempt({ namespaces: DEFAULT_NAMESPACES, uidMappings: undefined, gidMappings: undefined })
    await attempt({ additionalGroups: [0] })
    errors.push((await factory.list()).length)
    tell(errors)`)
    assert.match(String(errors[0]), /EPERM.*user namespace/)
    assert.match(String(errors[1]), /switch user.*EPERM.*setgroups/i)
    assert.equal(errors[2], 0)
  },
  hidden,
)

containerTest(
  'a lower OOM score than the own is not given, and no reason not to start',
  async () => {
    const [lowered, raised] = await asUser<readonly Told[]>(`
    const results = []
    for (const oomScoreAdj of [-500, 500]) {
      const container = await create()
      results.push(await run(container, 'cat /proc/self/oom_score_adj', { oomScoreAdj }))
      await container.destroy()
    }
    tell(results)`)
    assert.notEqual(lowered?.stdout, '-500\n')
    assert.equal(lowered?.status, 0)
    assert.equal(raised?.stdout, '500\n')
  },
  hidden,
)

containerTest(
  'ids that the machine lends to a user are mapped by newuidmap and newgidmap; what it does not lend is refused',
  async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rootless-')))
    try {
      mkdirSync(join(directory, 'rootfs'))
      makeRootfs(join(directory, 'rootfs'))
      giveTree(directory, USER, USER)
      writeFileSync(join(directory, 'passwd'), `root:x:0:0::/:/bin/sh\nlender:x:${USER}:${USER}::/:/bin/sh\n`)
      writeFileSync(join(directory, 'sub'), `lender:${LENT}:1000\n`)
      const module = `${AS_USER}
        const maps = (hostId) => [own, { containerId: 1, hostId, size: 1000 }]
        const attempt = async (hostId) => {
          const container = await create({ uidMappings: maps(hostId), gidMappings: maps(hostId) })
          try {
            const script = 'id -u; id -G; cat /proc/self/uid_map'
            return await run(container, script, { user: '7:8', additionalGroups: [9] })
          } catch ({ message, step }) {
            return { message, step }
          } finally {
            await container.destroy()
          }
        }
        tell([await attempt(${LENT}), await attempt(${LENT} + 5000)])`
      const binds = [
        ['passwd', '/etc/passwd'],
        ['sub', '/etc/subuid'],
        ['sub', '/etc/subgid'],
      ].map(([file, place]) => `touch ${place} && mount --bind ${directory}/${file} ${place}`)
      const under = ['unshare', '--mount', 'sh', '-ec', `${binds.join('\n')}\nexec "$0" "$@"`]
      const program = new Program({ module, under }, directory)
      const [lent, refused] = JSON.parse(await program.finish()) as [Told, { message: string; step: string }]
      assert.equal(lent.stderr, '')
      const [uid, groups, ...map] = lent.stdout.trim().split('\n')
      assert.deepEqual([uid, groups], ['7', '8 9'])
      assert.deepEqual(
        map.map((row) => row.trim().split(/\s+/)),
        [
          ['0', String(USER), '1'],
          ['1', String(LENT), '1000'],
        ],
      )
      assert.match(refused.message, /newuidmap.*exit status 1.*not allowed/)
      assert.equal(refused.step, 'write /proc/PID/uid_map by')
    } finally {
      removeTree(directory)
    }
  },
  hidden || (!existsSync('/usr/bin/newuidmap') && 'newuidmap is not installed (Debian package uidmap)'),
)

containerTest('root of a user namespace makes a container there, without one more', async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rootless-')))
  try {
    mkdirSync(join(directory, 'rootfs'))
    makeRootfs(join(directory, 'rootfs'))
    const module = `
      import { Factory } from 'libcontainer'
      const factory = await Factory.open(process.argv[2] + '/state')
      const container = await factory.create('nested', { rootfs: process.argv[2] + '/rootfs' })
      const first = await container.start({
        args: ['sh', '-c', 'id -u; echo $$; echo ok >/dev/null && ls /dev/pts; cat /proc/self/uid_map'],
        env: ['PATH=/bin'], oomScoreAdj: -500, stdin: 'ignore', stderr: 'inherit',
      })
      let text = ''
      for await (const bytes of first.stdout) text += bytes
      await container.destroy()
      console.log(JSON.stringify([text, await first.wait()]))`
    const program = new Program({ module, under: ['unshare', '--map-root-user', '--mount'] }, directory)
    const [text, { status }] = JSON.parse(await program.finish()) as [string, { status: number }]
    assert.equal(status, 0)
    assert.deepEqual(text.trim().split(/\s+/), ['0', '1', 'ptmx', '0', '0', '1'])
  } finally {
    removeTree(directory)
  }
})

containerTest(
  "root enters a user's container, and leaves its own groups outside",
  async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'rootless-')))
    try {
      mkdirSync(join(directory, 'rootfs'))
      makeRootfs(join(directory, 'rootfs'))
      giveTree(directory, USER, USER)
      const maker = new Program(
        `${AS_USER}
        const container = await create()
        const first = await container.start({ args: ['sleep', '1000'], env: ['PATH=/bin'], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
        console.log('started')
        await first.wait()
        await container.destroy()
        process.exit()`,
        directory,
      )
      assert.equal(await maker.line(), 'started')
      const container = await (await Factory.open(join(directory, 'state'))).load('rootless')
      assert.equal(await output(runIn(container, 'grep Groups /proc/self/status')), 'Groups:')
      await container.signal('SIGKILL')
      await maker.finish()
    } finally {
      removeTree(directory)
    }
  },
  hidden,
)
