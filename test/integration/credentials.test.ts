// Tests who a process is: capabilities in all five sets, users and groups of the container's own files, limits, mask,
// score.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  CAPABILITIES,
  type Capability,
  type CapabilitySets,
  type ContainerConfig,
  DEFAULT_CAPABILITIES,
  type ProcessOptions,
} from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'
import { ownHardLimit, parseLimit } from '../helpers/own-limits.ts'
import { giveTree } from '../helpers/rootfs.ts'

type Sets = Readonly<Record<'Inh' | 'Prm' | 'Eff' | 'Bnd' | 'Amb', bigint>>

function mask(names: readonly Capability[]): bigint {
  return names.reduce(
    (bits, name) => bits | (1n << BigInt(CAPABILITIES.indexOf(name.replace('CAP_', '') as never))),
    0n,
  )
}

function parseSets(status: string): Sets {
  const entries = [...status.matchAll(/^Cap(\w+):\s+([0-9a-f]+)$/gm)].map(([, name, hex]) => [
    name,
    BigInt(`0x${hex}`),
  ])
  return Object.fromEntries(entries) as Sets
}

const STATUS = ['/bin/cat', '/proc/self/status']

async function setsOf(
  box: Box,
  config: Partial<ContainerConfig>,
  process: Partial<ProcessOptions> = {},
): Promise<Sets> {
  return parseSets(await output(box.run(config, { args: STATUS, stdin: 'ignore', ...process })))
}

const ROOTLESS = { Inh: 0n, Prm: 0n, Eff: 0n, Amb: 0n }

containerTest('capabilities: root has the list, and nothing to hand on', async (box) => {
  const list = mask(DEFAULT_CAPABILITIES)
  assert.equal(DEFAULT_CAPABILITIES.length, 14)
  assert.deepEqual(await setsOf(box, {}), { Inh: 0n, Prm: list, Eff: list, Bnd: list, Amb: 0n })
  const one = mask(['NET_ADMIN'])
  assert.deepEqual(await setsOf(box, { capabilities: ['CAP_NET_ADMIN'] }), {
    Inh: 0n,
    Prm: one,
    Eff: one,
    Bnd: one,
    Amb: 0n,
  })
  assert.deepEqual(await setsOf(box, { capabilities: [] }), { ...ROOTLESS, Bnd: 0n })
})

containerTest('capabilities: a user has none after execve, and the list stays the bound', async (box) => {
  assert.deepEqual(await setsOf(box, {}, { user: 'daemon' }), {
    ...ROOTLESS,
    Bnd: mask(DEFAULT_CAPABILITIES),
  })
})

containerTest('capabilities: five sets, each as it was given', async (box) => {
  const sets: CapabilitySets = {
    bounding: ['KILL', 'CHOWN', 'SETPCAP', 'NET_RAW'],
    effective: ['KILL'],
    permitted: ['KILL', 'CHOWN', 'NET_RAW'],
    inheritable: ['KILL', 'NET_RAW'],
    ambient: ['NET_RAW'],
  }
  const user = await setsOf(box, { capabilities: sets }, { user: 'daemon' })
  assert.deepEqual(user, {
    Inh: mask(['KILL', 'NET_RAW']),
    Prm: mask(['NET_RAW']),
    Eff: mask(['NET_RAW']),
    Bnd: mask(sets.bounding ?? []),
    Amb: mask(['NET_RAW']),
  })
})

containerTest(
  "capabilities: a process's own in place of the configuration's, for first and later ones",
  async ({ create }) => {
    const container = await create({ capabilities: ['CHOWN'] })
    await container.start({ ...SLEEP, capabilities: ['NET_ADMIN', 'CHOWN'] })
    const later = parseSets(
      await output(runIn(container, { args: STATUS, stdin: 'ignore', capabilities: ['KILL'] })),
    )
    assert.deepEqual(later, {
      Inh: 0n,
      Prm: mask(['KILL']),
      Eff: mask(['KILL']),
      Bnd: mask(['KILL']),
      Amb: 0n,
    })
    const plain = parseSets(await output(runIn(container, { args: STATUS, stdin: 'ignore' })))
    assert.equal(plain.Bnd, mask(['CHOWN']))
    const none = parseSets(
      await output(runIn(container, { args: STATUS, stdin: 'ignore', capabilities: [] })),
    )
    assert.deepEqual(none, { ...ROOTLESS, Bnd: 0n })
  },
)

/** What this test itself may hand on: root is not almighty everywhere. */
const OWN = parseSets(readFileSync('/proc/self/status', 'utf8')).Prm
const isOwn = (name: Capability): boolean => (OWN & mask([name])) !== 0n

containerTest('capabilities: all that the caller has, and an error for one that it lacks', async (box) => {
  const own = CAPABILITIES.filter(isOwn)
  assert.deepEqual(await setsOf(box, { capabilities: own }), {
    Inh: 0n,
    Prm: OWN,
    Eff: OWN,
    Bnd: OWN,
    Amb: 0n,
  })
  const missing = CAPABILITIES.find((name) => !isOwn(name))
  if (missing === undefined) return
  const error = await refused(box.run({ capabilities: [missing] }, 'true'), 'SystemError')
  assert.deepEqual([error.errno, error.field], ['EPERM', 'capabilities'])
  assert.match(error.hint ?? '', /does not have/)
})

containerTest('capabilities: in a user namespace too', async (box) => {
  giveTree(box.rootfs, 100_000, 100_000)
  const config = {
    namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
    uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
    gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
  } as const
  const list = mask(DEFAULT_CAPABILITIES)
  assert.deepEqual(await setsOf(box, config), { Inh: 0n, Prm: list, Eff: list, Bnd: list, Amb: 0n })
  assert.deepEqual(await setsOf(box, config, { user: 'daemon' }), { ...ROOTLESS, Bnd: list })
})

containerTest('no_new_privs: on unless it is turned off', async ({ run }) => {
  const nnp = ['/bin/grep', 'NoNewPrivs', '/proc/self/status']
  assert.match(await output(run({}, { args: nnp, stdin: 'ignore' })), /1$/)
  assert.match(await output(run({ noNewPrivileges: false }, { args: nnp, stdin: 'ignore' })), /0$/)
  assert.match(await output(run({}, { args: nnp, stdin: 'ignore', noNewPrivileges: false })), /0$/)
})

containerTest('set-user-ID programs give rights only without no_new_privs', async ({ run, rootfs }) => {
  // busybox keeps the rights of the file for few of its programs; ping is one, and needs them.
  execFileSync('cp', ['/bin/busybox', join(rootfs, 'bin/suid')])
  execFileSync('chmod', ['4755', join(rootfs, 'bin/suid')])
  execFileSync('ln', ['-s', '../../bin/suid', join(rootfs, 'home/alice/ping')])
  const ping = {
    args: ['/home/alice/ping', '-c', '1', '127.0.0.1'],
    user: 'daemon',
    stdin: 'ignore',
  } as const
  await output(run({ noNewPrivileges: false }, ping))
  const { status, stderr } = await run({}, ping)
  assert.equal(status, 1)
  assert.match(stderr, /permission denied/)
})

const USERS: readonly (readonly [user: string, ids: string, home: string])[] = [
  ['', '0:0 0', '/root'],
  ['root', '0:0 0', '/root'],
  ['daemon', '1:1 1,46', '/usr/sbin'],
  ['alice', '1000:1000 1000,29,46', '/home/alice'],
  ['1000', '1000:1000 1000,29,46', '/home/alice'],
  ['alice:daemon', '1000:1 1', '/home/alice'],
  ['1000:4242', '1000:4242 4242', '/home/alice'],
  ['4242', '4242:0 0', '/'],
  ['4242:4343', '4242:4343 4343', '/'],
  ['homeless', '1001:1001 1001', '/'],
]

containerTest(
  "users by name and number, with their groups and HOME, from the container's files",
  async ({ create }) => {
    const container = await create()
    await container.start(SLEEP)
    const script = 'echo $(id -u):$(id -g) $(id -G | tr " " ,) $HOME'
    for (const [user, ids, home] of USERS) {
      const shell = { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], user, stdin: 'ignore' } as const
      assert.equal(await output(runIn(container, shell)), `${ids} ${home}`, user)
    }
  },
)

containerTest(
  'users of the first process are those of the mounts that it will see',
  async ({ run, directory, rootfs }) => {
    const passwd = join(directory, 'passwd')
    writeFileSync(passwd, 'carol:x:77:78:::/bin/sh\n')
    const mounts = [{ type: 'bind', source: passwd, destination: '/etc/passwd' }]
    assert.equal(
      await output(run({ mounts }, { args: ['/bin/id', '-u'], user: 'carol', stdin: 'ignore' })),
      '77',
    )
    await refused(run({ mounts }, { args: ['/bin/id', '-u'], user: 'alice', stdin: 'ignore' }), 'SystemError')
    rmSync(join(rootfs, 'etc'), { recursive: true })
    assert.equal(await output(run({}, { args: ['/bin/id', '-u'], user: '55', stdin: 'ignore' })), '55')
    assert.equal(await output(run({}, { args: ['/bin/sh', '-c', 'echo $HOME'], stdin: 'ignore' })), '/')
  },
)

containerTest('additional groups, by name and number, for every process or one', async ({ create }) => {
  const container = await create({ additionalGroups: ['audio', 'plugdev', 4242, 29] })
  await container.start(SLEEP)
  const groups = async (process: Partial<ProcessOptions>): Promise<readonly number[]> => {
    const args = ['/bin/grep', '^Groups:', '/proc/self/status']
    const line = await output(runIn(container, { args, stdin: 'ignore', ...process }))
    return line
      .split(/\s+/)
      .slice(1)
      .filter(Boolean)
      .map(Number)
      .sort((a, b) => a - b)
  }
  assert.deepEqual(await groups({ user: 'daemon' }), [29, 46, 4242])
  assert.deepEqual(await groups({ user: 'daemon', additionalGroups: ['users'] }), [46, 100])
  assert.deepEqual(await groups({ additionalGroups: [] }), [])
  const error = await refused(container.start({ ...SLEEP, additionalGroups: ['nobodies'] }), 'SystemError')
  assert.match(error.message, /nobodies/)
})

containerTest(
  'resource limits: soft and hard, none, for every process or one, in a user namespace too',
  async ({ create, rootfs }) => {
    const LIMITS = ['/bin/cat', '/proc/self/limits']
    const core = ownHardLimit('Max core file size')
    const config = {
      rlimits: [
        { type: 'NOFILE', soft: 1024, hard: 2048 },
        { type: 'CORE', soft: 0, hard: parseLimit(core) },
        // Above the limit of most callers: raising needs a right.
        ...(isOwn('SYS_RESOURCE') ? [{ type: 'MEMLOCK', soft: 2n ** 40n, hard: 2n ** 63n } as const] : []),
      ],
    } as const
    const check = async (more: Partial<ContainerConfig>): Promise<void> => {
      const container = await create({ ...config, ...more })
      await container.start(SLEEP)
      const text = await output(runIn(container, { args: LIMITS, stdin: 'ignore' }))
      assert.match(text, /Max open files +1024 +2048/)
      assert.match(text, new RegExp(`Max core file size +0 +${core}`))
      if (isOwn('SYS_RESOURCE')) assert.match(text, /Max locked memory +1099511627776 +9223372036854775808/)
      const own = await output(
        runIn(container, { args: LIMITS, stdin: 'ignore', rlimits: [{ type: 'NOFILE', soft: 5, hard: 6 }] }),
      )
      assert.match(own, /Max open files +5 +6/)
      await container.destroy()
    }
    await check({})
    giveTree(rootfs, 100_000, 100_000)
    await check({
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
      gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
    })
  },
)

containerTest('umask and OOM score', async ({ run }) => {
  const lowest = isOwn('SYS_RESOURCE') ? -1000 : 0
  const script = 'umask; cat /proc/self/oom_score_adj; touch /tmp/f; stat -c %a /tmp/f; rm -f /tmp/f'
  const shell = { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore' } as const
  assert.equal(await output(run({}, { ...shell, oomScoreAdj: 500 })), '0022\n500\n644')
  assert.equal(await output(run({}, { ...shell, umask: 0, oomScoreAdj: lowest })), `0000\n${lowest}\n666`)
  assert.equal(
    await output(run({}, { ...shell, umask: 0o077, oomScoreAdj: 1000, user: 'daemon' })),
    '0077\n1000\n600',
  )
  if (isOwn('SYS_RESOURCE')) return
  const error = await refused(run({}, { ...shell, oomScoreAdj: -1000 }), 'SystemError')
  assert.match(error.message, /OOM score.*EACCES \(less than .* needs CAP_SYS_RESOURCE\)/)
})

containerTest(
  'the command is executed with the capabilities of the process, not those of init',
  async (box) => {
    const closed = join(box.rootfs, 'closed')
    mkdirSync(closed)
    copyFileSync(join(box.rootfs, 'bin/busybox'), join(closed, 'echo'))
    giveTree(closed, 1000, 1000)
    chmodSync(closed, 0o700)
    const echo = { args: ['/closed/echo', 'ran'], stdin: 'ignore' } as const
    const start = (capabilities: readonly Capability[]) => box.run({ capabilities }, echo)
    assert.equal(await output(start(['DAC_OVERRIDE'])), 'ran')
    const error = await refused(start(['KILL']), 'SystemError')
    assert.deepEqual([error.errno, error.step], ['EACCES', 'find the command'])
    assert.equal(await output(box.run({ capabilities: [] }, { ...echo, user: '1000' })), 'ran')
  },
)
