// Tests the root of a container: how it is entered, that there is no way back, read-only roots, propagation.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ContainerConfig, DEFAULT_CAPABILITIES, DEFAULT_MOUNTS } from 'libcontainer'
import { containerTest, output, runIn, SLEEP } from '../helpers/container-test.ts'
import { makeRootfs } from '../helpers/rootfs.ts'

const WAYS: Readonly<Record<string, Partial<ContainerConfig>>> = {
  pivot_root: {},
  'MS_MOVE and chroot': { noPivotRoot: true },
  'chroot, without a mount namespace': { namespaces: [{ type: 'pid' }] },
}

for (const [way, config] of Object.entries(WAYS)) {
  containerTest(`the root is the image, by ${way}`, async ({ create, directory, cgroupPath }) => {
    const container = await create({ ...config, cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    const script = `ls /; ls ${directory} 2>/dev/null; cd /..; pwd; ls -d ../../../../../bin/busybox; ls /../../home`
    const expected = 'bin\ndev\netc\nhome\nproc\nroot\nsys\ntmp\nusr\n/\n../../../../../bin/busybox\nalice'
    assert.equal(await output(runIn(container, script)), expected)
  })
}

containerTest('after pivot_root no mount of the host is left', async ({ run, rootfs }) => {
  const lines = (await output(run({}, 'cat /proc/self/mountinfo'))).split('\n')
  assert.match(lines[0] ?? '', /^\d+ \d+ \S+ \S+ \/ /)
  assert.equal(lines.filter((line) => / \/ \/ /.test(line) || line.includes(rootfs)).length <= 1, true)
  assert.ok(!lines.some((line) => line.includes('/run/')), lines.join('\n'))
})

containerTest('the proc of the host undoes no masks, also behind a chroot', async ({ run }) => {
  const mount = 'unshare -mrpf sh -c "mount -t proc none /proc && echo bare"'
  const all = DEFAULT_CAPABILITIES.concat('SETFCAP')
  const attempt = (config: Partial<ContainerConfig>) =>
    run({ capabilities: all, seccomp: null, ...config }, mount)
  for (const way of [{}, { noPivotRoot: true }])
    assert.match((await attempt(way)).stderr, /mount: permission denied/, JSON.stringify(way))
  const control = await attempt({ noPivotRoot: true, maskedPaths: [], readonlyPaths: [] })
  assert.equal(control.stdout, 'bare\n', `the control: with nothing masked it is allowed: ${control.stderr}`)
})

containerTest('a root that is a mount point, a tmpfs, and shared', async ({ create, directory }) => {
  for (const propagation of ['--make-shared', '--make-private', '--make-slave', '--make-unbindable']) {
    const rootfs = join(directory, 'mounted')
    mkdirSync(rootfs, { recursive: true })
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', rootfs])
    try {
      execFileSync('mount', [propagation, rootfs])
      makeRootfsIn(rootfs, directory)
      const before = readFileSync('/proc/self/mountinfo', 'utf8')
      const container = await create({ rootfs })
      assert.equal(await output(runIn(container, 'ls -d /bin/sh')), '/bin/sh')
      assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before)
      await container.destroy()
    } finally {
      execFileSync('umount', [rootfs])
    }
  }
})

/** A tmpfs takes no hard links from outside: the tree is made elsewhere and copied. */
function makeRootfsIn(rootfs: string, directory: string): void {
  const made = join(directory, 'made')
  execFileSync('rm', ['-rf', '--one-file-system', made])
  mkdirSync(made)
  makeRootfs(made)
  execFileSync('cp', ['-a', `${made}/.`, rootfs])
}

containerTest('a read-only root, with mounts that may be written to', async ({ run, directory }) => {
  const data = join(directory, 'data')
  mkdirSync(data)
  const config: Partial<ContainerConfig> = {
    readonlyRootfs: true,
    mounts: [
      ...DEFAULT_MOUNTS,
      { type: 'bind', source: data, destination: '/data' },
      { type: 'bind', source: data, destination: '/data-ro', attributes: ['ro'] },
      { type: 'tmpfs', destination: '/tmp' },
    ],
  }
  const script =
    'for at in / /etc /home/alice /data /data-ro /tmp /dev/shm /dev; do touch $at/x 2>/dev/null && echo $at; done'
  assert.equal(await output(run(config, `${script}; true`)), '/data\n/tmp\n/dev/shm\n/dev')
  assert.deepEqual(readdirSync(data), ['x'])
})

containerTest(
  'the root of the host stays writable beside a read-only container',
  async ({ create, rootfs }) => {
    const container = await create({ readonlyRootfs: true })
    await container.start(SLEEP)
    writeFileSync(join(rootfs, 'by-the-host'), 'x')
    assert.equal(
      await output(runIn(container, 'cat /by-the-host; touch /y 2>&1 || true')),
      'xtouch: /y: Read-only file system',
    )
  },
)

containerTest('the propagation of the root: private, or as asked', async ({ create }) => {
  for (const [propagation, tag] of [
    [undefined, '-'],
    ['rslave', '-'],
    ['rprivate', '-'],
    ['rshared', 'shared'],
    ['unbindable', 'unbindable'],
  ] as const) {
    const container = await create(propagation === undefined ? {} : { rootfsPropagation: propagation })
    const script = `awk '$5 == "/" { print $7 }' /proc/self/mountinfo | cut -d: -f1`
    assert.equal(await output(runIn(container, script)), tag, propagation)
    await container.destroy()
  }
})

containerTest('a root that is to be a slave is one of the host', async ({ create, directory }) => {
  const rootfs = join(directory, 'mounted')
  mkdirSync(rootfs)
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', rootfs])
  try {
    execFileSync('mount', ['--make-shared', rootfs])
    makeRootfsIn(rootfs, directory)
    const container = await create({ rootfs, rootfsPropagation: 'slave' })
    const script = `awk '$5 == "/" { print $7 }' /proc/self/mountinfo | cut -d: -f1`
    assert.equal(await output(runIn(container, script)), 'master')
    await container.destroy()
  } finally {
    execFileSync('umount', ['--lazy', rootfs])
  }
})

containerTest('two containers share one root filesystem, each with its own mounts', async ({ create }) => {
  const mounts = [...DEFAULT_MOUNTS, { type: 'tmpfs', destination: '/tmp' }]
  const [one, two] = [await create({ mounts }), await create({ mounts })]
  await Promise.all([one.start(SLEEP), two.start(SLEEP)])
  await output(runIn(one, 'echo one >/tmp/x; echo both >/home/x'))
  assert.equal(await output(runIn(two, 'ls /tmp; cat /home/x')), 'both')
})
