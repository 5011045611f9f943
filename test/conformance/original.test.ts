// Tests what the tests of the original library proved and no other test of ours proves in the same way.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_NAMESPACES } from 'libcontainer'
import { readProcessStat } from '../../src/system/procfs.ts'
import { kernel } from '../helpers/cgroup-machine.ts'
import { containerTest, output, refused, runIn, SLEEP, shell } from '../helpers/container-test.ts'
import { ownHardLimit, parseLimit } from '../helpers/own-limits.ts'

const PS = { args: ['/bin/ps', '-o', 'pid,user,comm'], stdin: 'ignore' } as const
const words = (text: string): readonly string[] =>
  text.split('\n').map((line) => line.trim().replace(/ +/g, ' '))

containerTest('ps in a user namespace whose root is the root of the host', async ({ run }) => {
  const maps = [{ containerId: 0, hostId: 0, size: 1000 }]
  const namespaces = [...DEFAULT_NAMESPACES, { type: 'user' } as const]
  const config = { namespaces, uidMappings: maps, gidMappings: maps }
  assert.deepEqual(words(await output(run(config, PS))), ['PID USER COMMAND', '1 root ps'])
})

containerTest('a set without one of its namespaces shares that one with the host', async ({ create }) => {
  const container = await create({ namespaces: DEFAULT_NAMESPACES.filter(({ type }) => type !== 'ipc') })
  const process = await container.start(SLEEP)
  const link = (pid: number | 'self', file: string): string => readlinkSync(`/proc/${pid}/ns/${file}`)
  assert.equal(link(process.pid, 'ipc'), link('self', 'ipc'))
  assert.notEqual(link(process.pid, 'uts'), link('self', 'uts'))
  const { namespace_paths: paths } = await container.state()
  assert.equal(readlinkSync(paths.NEWIPC ?? ''), link('self', 'ipc'), 'and the state has it all the same')
})

containerTest('ps of a later process shows the first one too', async ({ create }) => {
  const container = await create()
  const first = await container.start({ args: ['/bin/cat'] })
  const lines = words(await output(runIn(container, PS)))
  assert.deepEqual([lines[1], lines.at(-1)?.replace(/^\d+ /, '')], ['1 root cat', 'root ps'])
  first.stdin.end()
  assert.equal((await first.wait()).exitCode, 0)
})

containerTest('a call that seccomp answers with EPERM fails as not permitted', async ({ run }) => {
  const seccomp = {
    defaultAction: 'ALLOW',
    syscalls: [{ names: ['chown', 'fchown', 'lchown', 'fchownat'], action: 'ERRNO' }],
  } as const
  const outcome = await run({ seccomp }, 'chown 1:1 /tmp')
  assert.notEqual(outcome.status, 0)
  assert.match(outcome.stderr, /not permitted/)
  assert.equal((await run({ seccomp: null }, 'chown 1:1 /tmp')).status, 0, 'the control')
})

containerTest('shares that no kernel takes stop the start', async ({ create, cgroupPath }) => {
  for (const shares of [0, 1, 262_145]) {
    const attempt = create({ cgroup: { path: cgroupPath(), cpu: { shares } } }).then((it) => it.start(SLEEP))
    assert.equal((await refused(attempt, 'ConfigInvalid')).field, 'cgroup.cpu.shares')
  }
})

containerTest(
  'a pid that another process has by now is not the container',
  async ({ create, factory, directory }) => {
    const container = await create()
    const process = await container.start(SLEEP)
    const file = join(directory, 'state', container.id, 'state.json')
    const text = readFileSync(file, 'utf8')
    const start = BigInt((await container.state()).init_process_start)
    // As if the process had ended, and its number had gone to the next one.
    writeFileSync(
      file,
      text.replace(`"init_process_start":"${start}"`, `"init_process_start":"${start - 1n}"`),
    )
    const loaded = await factory.load(container.id)
    assert.equal(await loaded.status(), 'destroyed')
    await refused(loaded.signal('KILL'), 'ContainerNotRunning')
    writeFileSync(file, text)
    assert.equal(
      await (await factory.load(container.id)).status(),
      'running',
      'the control: nothing was killed',
    )
    assert.equal(process.pid, (await container.state()).init_process_pid)
  },
)

containerTest('a process whose name looks like the fields of /proc/PID/stat', async ({ create, rootfs }) => {
  // As many letters as the kernel keeps; busybox wants the first ones.
  const name = 'busybox) Z 1 (b'
  copyFileSync(join(rootfs, 'bin/busybox'), join(rootfs, name))
  const container = await create()
  const process = await container.start({ ...SLEEP, args: [`/${name}`, 'sleep', '1000'] })
  assert.ok(readFileSync(`/proc/${process.pid}/stat`, 'utf8').includes(`(${name})`))
  const stat = readProcessStat(kernel, process.pid)
  assert.match(stat?.state ?? '', /^[RSD]$/)
  assert.equal(stat?.startTime, (await container.state()).init_process_start)
  assert.equal(await container.status(), 'running')
})

containerTest(
  'without CAP_SETPCAP the bounding set cannot be limited, and nothing starts',
  async ({ directory, rootfs }) => {
    const program = `
      import { Factory } from 'libcontainer'
      const factory = await Factory.open(${JSON.stringify(join(directory, 'state'))})
      const container = await factory.create('a', { rootfs: ${JSON.stringify(rootfs)}, capabilities: [] })
      const error = await container.start({ args: ['/bin/true'] }).catch((thrown) => thrown)
      console.log(error.errno, error.step, error.hint)
      await container.destroy()`
    const engine = process.versions.bun === undefined ? ['--input-type=module', '--eval'] : ['--eval']
    const args = ['--bounding-set', '-setpcap', process.execPath, ...engine, program]
    const cwd = join(import.meta.dirname, '../../..')
    assert.equal(
      execFileSync('setpriv', args, { cwd, encoding: 'utf8' }),
      'EPERM limit the bounding set needs CAP_SETPCAP\n',
    )
  },
  existsSync('/usr/bin/setpriv') ? false : 'it needs setpriv (package util-linux)',
)

containerTest('a process that dumps core says so', async ({ create, rootfs }) => {
  const limit = parseLimit(ownHardLimit('Max core file size'))
  const container = await create({ rlimits: [{ type: 'CORE', soft: limit, hard: limit }] })
  await container.start(SLEEP)
  const process = await container.start({ ...shell('cd /tmp; kill -SEGV $$'), cwd: '/tmp' })
  const end = await process.wait()
  assert.deepEqual([end.signal, end.status], ['SIGSEGV', 139])
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8')
  if (!pattern.startsWith('|') && !pattern.startsWith('/'))
    assert.equal(end.coreDumped, limit !== 0n, `${pattern} ${rootfs}`)
})
