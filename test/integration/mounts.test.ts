// Tests mounts: binds and new file systems, their attributes and propagation, and where they land.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DEFAULT_MOUNTS, type Mount, type MountAttribute } from 'libcontainer'
import { type Box, containerTest, output, refused, runIn, SLEEP } from '../helpers/container-test.ts'

const PROC: Mount = { type: 'proc', destination: '/proc' }

/** The options of a mount point inside, of the mount and of its file system. */
async function optionsOf(box: Box, mounts: readonly Mount[], at: string): Promise<readonly string[]> {
  const script = `awk '$5 == "${at}"' /proc/self/mountinfo`
  const line = await output(box.run({ mounts: [PROC, ...mounts] }, script))
  const [mount = '', filesystem = ''] = line.split(' - ')
  return [...(mount.split(' ')[5]?.split(',') ?? []), ...(filesystem.split(' ')[2]?.split(',') ?? [])]
}

function makeFolder(box: Box, name: string): string {
  const path = join(box.directory, name)
  mkdirSync(path)
  writeFileSync(join(path, 'file'), `of ${name}\n`)
  return path
}

containerTest('binds: a directory and a file, both ways, with the places made', async (box) => {
  const source = makeFolder(box, 'data')
  writeFileSync(join(box.directory, 'one'), 'one\n')
  const mounts: Mount[] = [
    { type: 'bind', source, destination: '/made/for/data' },
    { type: 'bind', source: join(box.directory, 'one'), destination: '/made/for/one' },
  ]
  const script =
    'cat /made/for/data/file /made/for/one; echo back >/made/for/data/new; echo two >/made/for/one'
  assert.equal(await output(box.run({ mounts }, script)), 'of data\none')
  assert.equal(readFileSync(join(source, 'new'), 'utf8'), 'back\n')
  assert.equal(readFileSync(join(box.directory, 'one'), 'utf8'), 'two\n')
  assert.deepEqual(readdirSync(join(box.rootfs, 'made/for')).sort(), ['data', 'one'])
  assert.deepEqual(
    [
      lstatSync(join(box.rootfs, 'made')).mode & 0o7777,
      lstatSync(join(box.rootfs, 'made/for/one')).mode & 0o7777,
    ],
    [0o755, 0o644],
  )
})

containerTest('a place is made anew in a mount that covers the one before', async (box) => {
  const tmpfs = (destination: string): Mount => ({ type: 'tmpfs', destination })
  const mounts = [PROC, tmpfs('/a'), tmpfs('/a/b/c'), tmpfs('/a'), tmpfs('/a/b/c'), tmpfs('/a/b/d')]
  const script = "awk '$5 ~ /^\\/a/ { print $5 }' /proc/self/mountinfo; ls /a/b"
  assert.deepEqual((await output(box.run({ mounts }, script))).split('\n'), [
    ...['/a', '/a/b/c', '/a', '/a/b/c', '/a/b/d'],
    ...['c', 'd'],
  ])
})

containerTest('binds: what is mounted below the source comes along, unless it shall not', async (box) => {
  const source = makeFolder(box, 'data')
  mkdirSync(join(source, 'sub'))
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'sub')])
  try {
    writeFileSync(join(source, 'sub/inner'), 'x')
    for (const [recursive, expected] of [
      [undefined, 'inner'],
      [true, 'inner'],
      [false, ''],
    ] as const) {
      const mount: Mount = {
        type: 'bind',
        source,
        destination: '/data',
        ...(recursive === undefined ? {} : { recursive }),
      }
      assert.equal(await output(box.run({ mounts: [mount] }, 'ls /data/sub')), expected)
    }
  } finally {
    execFileSync('umount', [join(source, 'sub')])
  }
})

containerTest('binds: attributes hold for the mount, and for those below only when asked', async (box) => {
  const source = makeFolder(box, 'data')
  mkdirSync(join(source, 'sub'))
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'sub')])
  try {
    const bind = { type: 'bind', source, destination: '/data', attributes: ['ro'] } as const
    const script = 'touch /data/x 2>/dev/null && echo top; touch /data/sub/x 2>/dev/null && echo sub; true'
    assert.equal(await output(box.run({ mounts: [bind] }, script)), 'sub')
    const all = { ...bind, recursiveAttributes: ['ro'] } as const
    assert.equal(await output(box.run({ mounts: [all] }, script)), '')
    assert.equal(await output(box.run({ mounts: [{ ...all, attributes: ['rw'] }] }, script)), '')
    const other = { ...bind, recursiveAttributes: ['nosuid', 'noatime'] } as const
    assert.equal(await output(box.run({ mounts: [other] }, script)), 'sub')
    const options =
      "grep -E ' /data(/sub)? ' /proc/self/mounts | cut -d' ' -f4 | grep -o 'r[ow],nosuid.*noatime'"
    assert.equal(
      await output(box.run({ mounts: [...DEFAULT_MOUNTS, other] }, options)),
      'ro,nosuid,noatime\nrw,nosuid,noatime',
    )
    writeFileSync(join(source, 'sub/by-host'), 'the mount of the host stays writable')
  } finally {
    execFileSync('umount', [join(source, 'sub')])
  }
})

containerTest(
  'binds: every attribute reaches the kernel, and the later of two opposites wins',
  async (box) => {
    const source = makeFolder(box, 'data')
    const has = async (attributes: readonly MountAttribute[]): Promise<readonly string[]> =>
      optionsOf(box, [{ type: 'bind', source, destination: '/data', attributes }], '/data')
    const all = await has(['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow', 'nodiratime', 'noatime'])
    for (const option of ['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow', 'nodiratime', 'noatime'])
      assert.ok(all.includes(option), option)
    const opposites = await has(['ro', 'rw', 'nosuid', 'suid', 'exec', 'noexec', 'noatime', 'relatime'])
    assert.ok(opposites.includes('rw') && opposites.includes('noexec') && opposites.includes('relatime'))
    assert.ok(!opposites.includes('nosuid') && !opposites.includes('noatime'))
    assert.ok(!(await has(['strictatime'])).some((option) => /atime/.test(option)))
  },
)

containerTest('binds: attributes are kept by the kernel, not only shown', async (box) => {
  const source = makeFolder(box, 'data')
  execFileSync('cp', ['/bin/busybox', join(source, 'busybox')])
  execFileSync('mknod', [join(source, 'null'), 'c', '1', '3'])
  symlinkSync('file', join(source, 'link'))
  const run = (attributes: readonly MountAttribute[], script: string): Promise<string> =>
    output(
      box.run(
        { mounts: [{ type: 'bind', source, destination: '/data', attributes }] },
        `${script} 2>/dev/null && echo yes || echo no`,
      ),
    )
  for (const [attribute, script] of [
    ['noexec', '/data/busybox true'],
    ['nodev', 'echo >/data/null'],
    ['nosymfollow', 'cat /data/link >/dev/null'],
    ['ro', 'touch /data/new'],
  ] as const) {
    assert.equal(await run([], script), 'yes', script)
    assert.equal(await run([attribute], script), 'no', script)
  }
})

containerTest('propagation: private by default, and as asked', async (box) => {
  const source = makeFolder(box, 'data')
  mkdirSync(join(source, 'later'))
  execFileSync('mount', ['--bind', source, source])
  execFileSync('mount', ['--make-shared', source])
  try {
    for (const [propagation, seen, tag] of [
      [undefined, '', /^$/],
      [['rslave'], 'inner', /^master:\d+$/],
      [['rshared'], 'inner', /^shared:\d+$/],
      [['rprivate'], '', /^$/],
    ] as const) {
      const mount = {
        type: 'bind',
        source,
        destination: '/data',
        ...(propagation === undefined ? {} : { propagation }),
      } as const
      const container = await box.create({ mounts: [...DEFAULT_MOUNTS, mount] })
      await container.start(SLEEP)
      const optional = `awk '$5 == "/data" { print $7 == "-" ? "" : $7 }' /proc/self/mountinfo`
      assert.match(await output(runIn(container, optional)), tag, String(propagation))
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'later')])
      try {
        writeFileSync(join(source, 'later/inner'), '')
        assert.equal(await output(runIn(container, 'ls /data/later')), seen, String(propagation))
      } finally {
        execFileSync('umount', [join(source, 'later')])
      }
      await container.destroy()
    }
  } finally {
    execFileSync('umount', [source])
  }
})

containerTest('tmpfs: options, a mode of its own, or that of what it covers', async (box) => {
  for (const [path, mode] of [
    ['/tmp', 0o1777],
    ['/home/alice', 0o700],
  ] as const)
    execFileSync('chmod', [mode.toString(8), join(box.rootfs, path)])
  const mounts: Mount[] = [
    { type: 'tmpfs', destination: '/tmp' },
    { type: 'tmpfs', destination: '/home/alice', data: 'size=1m' },
    { type: 'tmpfs', destination: '/new/deep', data: 'mode=711' },
    { type: 'tmpfs', destination: '/plain' },
  ]
  const script =
    'stat -c "%a" /tmp /home/alice /new/deep /plain; df -k /home/alice | tail -n 1 | tr -s " " | cut -d" " -f2'
  assert.equal(await output(box.run({ mounts: [PROC, ...mounts] }, script)), '1777\n700\n711\n1777\n1024')
  assert.equal(lstatSync(join(box.rootfs, 'tmp')).mode & 0o7777, 0o1777)
})

containerTest('tmpfs: read-only after what goes into it was made', async (box) => {
  const source = makeFolder(box, 'data')
  const mounts: Mount[] = [
    PROC,
    { type: 'tmpfs', destination: '/dev', attributes: ['ro', 'nosuid'], data: 'mode=755' },
    { type: 'tmpfs', destination: '/base', attributes: ['ro'] },
    { type: 'bind', source, destination: '/base/deep/data' },
  ]
  const script =
    'cat /base/deep/data/file; echo x >/dev/null; touch /dev/x 2>&1; touch /base/x 2>&1; touch /base/deep/data/y && echo y'
  assert.equal(
    await output(box.run({ mounts }, script)),
    'of data\ntouch: /dev/x: Read-only file system\ntouch: /base/x: Read-only file system\ny',
  )
})

containerTest(
  'the default mounts: their types, and what may not be written',
  async ({ create, cgroupPath }) => {
    const container = await create({ cgroup: { path: cgroupPath() } })
    await container.start(SLEEP)
    const types = await output(runIn(container, `awk '{ print $5, $8 }' /proc/self/mountinfo | sort -u`))
    for (const line of [
      '/proc proc',
      '/dev tmpfs',
      '/dev/pts devpts',
      '/dev/shm tmpfs',
      '/dev/mqueue mqueue',
      '/sys sysfs',
    ])
      assert.ok(types.split('\n').includes(line), line)
    const script =
      'for f in /sys/x /sys/fs/cgroup/x /proc/x; do mkdir $f 2>/dev/null && echo made $f; done; touch /dev/shm/x && echo shm'
    assert.equal(await output(runIn(container, script)), 'shm')
  },
)

containerTest(
  'the cgroup mount shows the container its own cgroup, read-only',
  async ({ create, cgroupPath }) => {
    const path = cgroupPath()
    const container = await create({ cgroup: { path, pids: { limit: 33 } } })
    await container.start(SLEEP)
    const { cgroup_paths: paths } = await container.state()
    const script = `
    cd /sys/fs/cgroup
    for at in . *; do [ -e $at/cgroup.procs ] && echo "$at $(wc -l <$at/cgroup.procs)"; done
    cat pids.max pids/pids.max 2>/dev/null; find . -name cgroup.procs -mindepth 3 | wc -l
    echo 1 2>/dev/null >pids/pids.max || echo refused`
    const lines = (await output(runIn(container, script))).split('\n')
    const version2 = Object.keys(paths).join() === 'unified'
    const hierarchies = lines.filter((line) => /^\S+ \d+$/.test(line))
    assert.equal(
      hierarchies.length,
      version2
        ? 1
        : new Set(Object.entries(paths).flatMap(([name, at]) => (name === 'unified' ? [] : [at]))).size,
    )
    for (const line of hierarchies) assert.match(line, / [1-9]\d*$/, 'its own processes')
    assert.deepEqual(lines.slice(-3), ['33', '0', 'refused'])
  },
)

containerTest('links of the image are followed inside the root, also where they dangle', async (box) => {
  const source = makeFolder(box, 'data')
  const outside = makeFolder(box, 'outside')
  const link = (target: string, at: string): void => symlinkSync(target, join(box.rootfs, at))
  mkdirSync(join(box.rootfs, 'real'))
  link('/real', 'absolute')
  link('real', 'relative')
  link('../../../../real', 'climbing')
  link(outside, 'to-the-host')
  link('/missing/deep', 'dangling')
  link('missing-too', 'dangling-relative')
  link('/real/../../../real', 'real/loop-free')
  const at = (destination: string): Mount => ({ type: 'bind', source, destination })
  const names = [
    'absolute',
    'relative',
    'climbing',
    'to-the-host',
    'dangling',
    'dangling-relative',
    'absolute/below',
    'dangling/below',
  ]
  for (const name of names)
    assert.equal(await output(box.run({ mounts: [at(`/${name}`)] }, `cat /${name}/file`)), 'of data', name)
  assert.deepEqual(readdirSync(outside), ['file'])
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'of outside\n')
  assert.ok(existsSync(join(box.rootfs, 'missing/deep')) && existsSync(join(box.rootfs, 'missing-too')))
  assert.ok(existsSync(join(box.rootfs, outside)), 'an absolute link to the host is a path in the root')
})

containerTest('links that never end, and files where directories should be, are refused', async (box) => {
  const source = makeFolder(box, 'data')
  symlinkSync('loop-b', join(box.rootfs, 'loop-a'))
  symlinkSync('loop-a', join(box.rootfs, 'loop-b'))
  writeFileSync(join(box.rootfs, 'plain'), '')
  for (const [destination, errno] of [
    ['/loop-a', 'ELOOP'],
    ['/loop-a/below', 'ELOOP'],
    ['/plain/below', 'ENOTDIR'],
    ['/plain', 'ENOTDIR'],
  ]) {
    const container = await box.create({
      mounts: [{ type: 'bind', source, destination: destination as string }],
    })
    const error = await refused(container.start(SLEEP), 'SystemError')
    assert.deepEqual([error.errno, error.field], [errno, 'mounts[0]'], destination)
    await container.destroy()
  }
})

containerTest('a mount may lie on an earlier one, and cover it', async (box) => {
  const [one, two] = [makeFolder(box, 'one'), makeFolder(box, 'two')]
  const mounts: Mount[] = [
    { type: 'tmpfs', destination: '/a' },
    { type: 'bind', source: one, destination: '/a/b' },
    { type: 'bind', source: two, destination: '/a/b' },
    { type: 'bind', source: one, destination: '/a/c/d' },
  ]
  assert.equal(await output(box.run({ mounts }, 'cat /a/b/file /a/c/d/file; ls /a')), 'of two\nof one\nb\nc')
  assert.deepEqual(readdirSync(join(box.rootfs, 'a')), [])
})

containerTest('nothing of it shows on the host', async (box) => {
  const before = readFileSync('/proc/self/mountinfo', 'utf8')
  const container = await box.create()
  await container.start(SLEEP)
  assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before)
})

containerTest(
  "a bind of the host's root shows the host, and nothing that a start lays over it",
  async (box) => {
    writeFileSync(join(box.directory, 'of-the-host'), 'host\n')
    // A link to it is the same place.
    symlinkSync('/', join(box.directory, 'link'))
    const script = `cat /host${join(box.directory, 'of-the-host')}; grep -c ' /host ' /proc/self/mountinfo`
    for (const source of ['/', join(box.directory, 'link')]) {
      for (const maskedPaths of [[], ['/proc/kcore']]) {
        const mounts: Mount[] = [PROC, { type: 'bind', source, destination: '/host', attributes: ['ro'] }]
        assert.equal(await output(box.run({ mounts, maskedPaths }, script)), 'host\n1', source)
      }
    }
  },
)

containerTest('an option may be as long as a page, as with mount(2)', async (box) => {
  // fsconfig(2) takes 255 bytes.
  const folder = (length: number): string => {
    let path = box.directory
    while (length - path.length > 201) path = join(path, 'd'.repeat(200))
    path = join(path, 'e'.repeat(length - path.length - 1))
    mkdirSync(path, { recursive: true })
    writeFileSync(join(path, 'file'), `${length}\n`)
    return path
  }
  const upper = makeFolder(box, 'upper')
  for (const length of [255, 256, 2000]) {
    const lower = folder(length - upper.length - 1)
    const data = `lowerdir=${upper}:${lower}`
    const mounts: Mount[] = [
      PROC,
      {
        type: 'overlay',
        destination: '/over',
        data,
        attributes: ['nodev', 'noexec', 'ro'],
        propagation: ['slave'],
      },
    ]
    const script = 'cat /over/file; awk \'$5 == "/over" { print $6 }\' /proc/self/mountinfo; touch /over/no'
    const { stdout, stderr } = await box.run({ mounts }, script)
    assert.equal(stdout, 'of upper\nro,nodev,noexec,relatime\n', `${length}: ${stderr}`)
    assert.match(stderr, /Read-only file system/)
  }
  const mounts: Mount[] = [{ type: 'overlay', destination: '/over', data: `lowerdir=${'/x'.repeat(2100)}` }]
  const error = await refused(box.run({ mounts }, 'true'), 'ConfigInvalid')
  assert.equal(error.field, 'mounts[0].data')
})
