// Tests of the commands before and after a mount: where they run and what they see, and what becomes of a start when
// one fails.

import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { MountCommand } from 'libcontainer'
import { containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'

const HOST_PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin'

const script = (text: string, more: Partial<MountCommand> = {}): MountCommand => ({
  path: 'sh',
  args: ['sh', '-c', text],
  env: [HOST_PATH],
  ...more,
})

containerTest('before a mount they fill its source, after it they find it in the root', async (box) => {
  const source = join(box.directory, 'source')
  mkdirSync(source)
  const touch = (name: string): MountCommand => ({
    path: 'touch',
    args: ['touch', join(source, name)],
    env: [HOST_PATH],
  })
  const copy = (name: string): MountCommand => ({
    path: '/bin/cp',
    args: ['cp', join(box.rootfs, 'mnt', name), join(box.rootfs, 'mnt', `${name}-backup`)],
  })
  const container = await box.create({
    mounts: [
      {
        type: 'bind',
        source,
        destination: '/mnt',
        premountCommands: [touch('hello'), touch('world')],
        postmountCommands: [copy('hello'), copy('world')],
      },
    ],
    devices: [],
  })
  const listing = await output(runIn(container, { args: ['ls', '/mnt'], env: ['PATH=/bin'], stdin: 'pipe' }))
  assert.equal(listing, 'hello\nhello-backup\nworld\nworld-backup')
  assert.deepEqual(readdirSync(source).sort(), ['hello', 'hello-backup', 'world', 'world-backup'])
  // It was mounted in the container only.
  assert.equal(existsSync(join(box.rootfs, 'mnt', 'hello')), false)
})

containerTest('what they make in a new /dev stays', async (box) => {
  const text = 'mknod -m 600 dev/zero c 1 5; mkdir -m 700 dev/shm; ln -s nowhere dev/ptmx'
  const mounts = [
    { type: 'tmpfs', destination: '/dev', postmountCommands: [script(text)] },
    { type: 'tmpfs', destination: '/dev/shm', data: 'mode=1777' },
  ]
  const container = await box.create({ mounts })
  const args = ['sh', '-c', "stat -c '%A %t:%T' /dev/zero /dev/full; readlink /dev/ptmx; touch /dev/shm/file"]
  const listing = await output(runIn(container, { args, env: ['PATH=/bin'] }))
  assert.equal(listing, 'crw------- 1:5\ncrw-rw-rw- 1:7\npts/ptmx')
})

containerTest('they run between their mounts, in the namespaces of the container', async (box) => {
  const log = join(box.directory, 'log')
  const note = (name: string): MountCommand =>
    script(
      `echo ${name} $(find ${box.rootfs}/one ${box.rootfs}/two -type f | wc -l) $(readlink /proc/self/ns/net) >> ${log}`,
    )
  const tmpfs = (name: string) => ({
    type: 'tmpfs',
    destination: `/${name}`,
    premountCommands: [note(`before ${name}`)],
    postmountCommands: [script(`touch ${box.rootfs}/${name}/file`), note(`after ${name}`)],
  })
  for (const name of ['one', 'two']) mkdirSync(join(box.rootfs, name))
  const container = await box.create({ mounts: [tmpfs('one'), tmpfs('two')], devices: [] })
  const pipes = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const
  const process = await container.start({ ...SLEEP, ...pipes })
  const network = readlinkSync(`/proc/${process.pid}/ns/net`)
  const lines = readFileSync(log, 'utf8').trim().split('\n')
  assert.deepEqual(lines, [
    `before one 0 ${network}`,
    `after one 1 ${network}`,
    `before two 1 ${network}`,
    `after two 2 ${network}`,
  ])
})

containerTest(
  'environment and directory are theirs, or those of the process and of the root',
  async (box) => {
    const log = join(box.directory, 'log')
    const text = `echo $(pwd) $FOO >> ${log}`
    const command: MountCommand = { path: '/bin/sh', args: ['sh', '-c', text] }
    const mount = {
      type: 'tmpfs',
      destination: '/tmp',
      premountCommands: [command, { ...command, env: ['FOO=own'], dir: '/usr' }],
    }
    const container = await box.create({ mounts: [mount], devices: [] })
    const pipes = { stdin: 'pipe', stdout: 'pipe', stderr: 'pipe' } as const
    await container.start({ ...SLEEP, ...pipes, env: ['PATH=/bin', 'FOO=of the process'] })
    assert.equal(readFileSync(log, 'utf8'), `${box.rootfs} of the process\n/usr own\n`)
  },
)

containerTest('one that fails ends the start, with what it wrote', async (box) => {
  const failing: readonly (readonly [MountCommand, RegExp, string | undefined])[] = [
    [
      script('echo to stdout; echo to stderr >&2; exit 2'),
      /^Cannot run the command "sh": exit status 2, stdout: to stdout\nto stderr$/,
      undefined,
    ],
    [
      { path: 'no-such-command', env: [HOST_PATH] },
      /^Cannot run the command "no-such-command": ENOENT \(it is looked for on the host\)$/,
      'ENOENT',
    ],
    [{ path: '/etc/passwd' }, /: EACCES \(the host does not let it be executed\)$/, 'EACCES'],
    [
      script('true', { dir: '/nowhere' }),
      /: ENOENT \(it is the directory that it should begin in\)$/,
      'ENOENT',
    ],
    [script('sleep 1000', { timeoutMs: 100 }), /longer than its limit of 0.1 s/, 'ETIMEDOUT'],
  ]
  for (const key of ['premountCommands', 'postmountCommands'] as const) {
    for (const [command, words, errno] of failing) {
      const mount = { type: 'tmpfs', destination: '/tmp', [key]: [script('true'), command] }
      const container = await box.create({ mounts: [mount] })
      const error = await refused(container.start(SLEEP), 'SystemError')
      assert.match(error.message, words)
      assert.equal(error.errno, errno)
      assert.equal(error.field, `mounts[0].${key}[1]`)
      await container.destroy()
      assert.deepEqual(await box.factory.list(), [])
    }
  }
})
