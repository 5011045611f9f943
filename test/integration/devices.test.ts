// Tests /dev: numbers, modes and owners of nodes, links, terminals, and what the image has there already.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_DEVICES, type Device, type Mount } from 'libcontainer'
import { containerTest, output, refused, SLEEP } from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'

const PROC: Mount = { type: 'proc', destination: '/proc' }
const DEV: Mount = { type: 'tmpfs', destination: '/dev', data: 'mode=755' }
const list = (...paths: readonly string[]): string => `stat -c '%n %F %t:%T %a %u:%g' ${paths.join(' ')}`

containerTest('the default nodes, with their numbers, for everyone', async ({ run }) => {
  const paths = DEFAULT_DEVICES.map(({ path }) => path)
  const lines = (await output(run({}, list(...paths)))).split('\n')
  assert.deepEqual(
    lines,
    DEFAULT_DEVICES.map(
      ({ path, major, minor }) => `${path} character special file ${major}:${minor} 666 0:0`,
    ),
  )
})

containerTest('the default nodes work, for a user without rights', async ({ run }) => {
  const script = `
    echo x >/dev/null && head -c 3 /dev/zero | wc -c && head -c 5 /dev/urandom | wc -c && head -c 5 /dev/random | wc -c
    echo x 2>&1 >/dev/full | head -n 1`
  const { stdout } = await run(
    {},
    { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], user: 'daemon', stdin: 'ignore' },
  )
  assert.match(stdout, /^3\n5\n5\n.*No space left on device/)
})

containerTest('the links, and a ptmx that is of the container', async ({ run }) => {
  const script = 'cd /dev; for l in fd stdin stdout stderr core ptmx; do readlink $l; done; ls -d pts/ptmx'
  assert.equal(
    await output(run({}, script)),
    '/proc/self/fd\n/proc/self/fd/0\n/proc/self/fd/1\n/proc/self/fd/2\n/proc/kcore\npts/ptmx\npts/ptmx',
  )
})

containerTest('a terminal that is made inside is the first of its own devpts', async ({ run }) => {
  const script = "exec 3<>/dev/ptmx; ls /dev/pts; stat -c '%a %u:%g' /dev/pts/0"
  assert.equal(await output(run({}, script)), '0\nptmx\n620 0:5')
})

containerTest(
  'devices of the configuration: types, numbers beyond a byte, modes, owners, folders',
  async ({ run }) => {
    const devices: Device[] = [
      ...DEFAULT_DEVICES.slice(0, 1),
      { type: 'c', path: '/dev/net/tun', major: 10, minor: 200, fileMode: 0o600, uid: 1, gid: 29 },
      { type: 'b', path: '/dev/disk', major: 4095, minor: 1048575 },
      { type: 'c', path: '/dev/fuse', major: 10, minor: 229, fileMode: 0 },
      { type: 'p', path: '/dev/pipe', fileMode: 0o620 },
      { type: 'c', path: '/etc/deep/er/null', major: 1, minor: 3 },
    ]
    const script = list(...devices.slice(1).map(({ path }) => path))
    assert.deepEqual((await output(run({ devices, mounts: [PROC, DEV] }, script))).split('\n'), [
      '/dev/net/tun character special file a:c8 600 1:29',
      '/dev/disk block special file fff:fffff 666 0:0',
      '/dev/fuse character special file a:e5 0 0:0',
      '/dev/pipe fifo 0:0 620 0:0',
      '/etc/deep/er/null character special file 1:3 666 0:0',
    ])
  },
)

containerTest(
  "the image's own node of the same numbers stays, any other is refused",
  async ({ create, run, rootfs }) => {
    const at = (name: string): string => join(rootfs, 'dev', name)
    const devices: Device[] = [{ type: 'c', path: '/dev/zero', major: 1, minor: 5 }]
    execFileSync('mknod', ['-m', '600', at('zero'), 'c', '1', '5'])
    assert.equal(
      await output(run({ devices, mounts: [PROC] }, list('/dev/zero'))),
      '/dev/zero character special file 1:5 600 0:0',
    )
    for (const make of [
      () => execFileSync('mknod', [at('zero'), 'c', '1', '3']),
      () => execFileSync('mknod', [at('zero'), 'b', '1', '5']),
      () => execFileSync('ln', ['-s', 'null', at('zero')]),
      () => writeFileSync(at('zero'), ''),
      () => mkdirSync(at('zero')),
    ]) {
      execFileSync('rm', ['-rf', at('zero')])
      make()
      const container = await create({ devices, mounts: [PROC] })
      const error = await refused(container.start(SLEEP), 'SystemError')
      assert.deepEqual([error.errno, error.field], ['EEXIST', 'devices[0]'])
      await container.destroy()
    }
  },
)

containerTest(
  "links that the image has stay, but for ptmx, which would be the host's",
  async ({ run, rootfs }) => {
    execFileSync('ln', ['-s', '/proc/self/fd/2', join(rootfs, 'dev/stdout')])
    execFileSync('mknod', [join(rootfs, 'dev/ptmx'), 'c', '5', '2'])
    assert.equal(
      await output(run({ mounts: [PROC] }, 'readlink /dev/stdout; readlink /dev/ptmx')),
      '/proc/self/fd/2\npts/ptmx',
    )
  },
)

containerTest("the host's /dev, bound, is left as it is", async ({ run }) => {
  const before = readdirSync('/dev').sort()
  const mounts: Mount[] = [PROC, { type: 'bind', source: '/dev', destination: '/dev' }]
  assert.equal(await output(run({ mounts }, 'ls /dev')), before.join('\n'))
  assert.deepEqual(readdirSync('/dev').sort(), before)
})

containerTest(
  'in a user namespace nodes are bound from the host, after a look at their numbers',
  async ({ create, run, rootfs }) => {
    giveTree(rootfs, 100_000, 100_000)
    const config = {
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }],
      uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
      gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
      mounts: [PROC, DEV],
    } as const
    const devices: Device[] = [
      { type: 'c', path: '/dev/null', major: 1, minor: 3 },
      { type: 'p', path: '/dev/pipe' },
    ]
    const script = `${list('/dev/null', '/dev/pipe')}; echo x >/dev/null; grep -c ' /dev/null ' /proc/self/mountinfo`
    assert.equal(
      await output(run({ ...config, devices }, script)),
      '/dev/null character special file 1:3 666 65534:65534\n/dev/pipe fifo 0:0 666 0:0\n1',
    )
    const container = await create({
      ...config,
      devices: [{ type: 'c', path: '/dev/null', major: 1, minor: 5 }],
    })
    const error = await refused(container.start(SLEEP), 'SystemError')
    assert.deepEqual([error.errno, error.field], ['ENXIO', 'devices[0]'])
    assert.match(error.hint ?? '', /another device/)
  },
)

containerTest('without /dev in the image and without mounts, one is made', async ({ run, rootfs }) => {
  execFileSync('rm', ['-r', join(rootfs, 'dev')])
  const process = { args: ['/bin/ls', '/dev'], env: ['PATH=/bin'] }
  assert.equal(
    await output(run({ mounts: [], devices: [] }, process)),
    'core\nfd\nptmx\nstderr\nstdin\nstdout',
  )
})
