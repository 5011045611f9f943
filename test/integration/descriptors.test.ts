// Tests which descriptors a process gets: its standard streams, the extra files in their order, and not one more,
// whatever its maker has open (CVE-2016-9962, CVE-2024-21626).

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { containerTest, output, refused, runIn, SLEEP, shell } from '../helpers/container-test.ts'
import { openDescriptors } from '../helpers/open-descriptors.ts'

containerTest('a process has 0, 1 and 2, first and later', async ({ create }) => {
  const container = await create()
  const sleep = { ...SLEEP, args: ['/bin/sleep', '1000'] }
  for (let time = 0; time < 2; time++) {
    const { pid } = await container.start(sleep)
    assert.deepEqual(readdirSync(`/proc/${pid}/fd`), ['0', '1', '2'])
  }
})

containerTest('extra files are 3, 4 and so on, in their order, and lent', async ({ create, directory }) => {
  const names = ['a', 'b', 'c']
  const files = names.map((name) => openSync(join(directory, name), 'w+'))
  const container = await create()
  await container.start(SLEEP)
  // In an order that is not theirs, and one of them twice.
  const given = [files[2], files[0], { fd: files[1] as number }, files[0]] as const
  const extraFiles = given.map((file) => file ?? -1)
  // ls has the directory open that it lists.
  const script = `ls /proc/self/fd; echo c >&3; echo a >&4; echo b >&5; echo again >&6`
  assert.equal(await output(runIn(container, { ...shell(script), extraFiles })), '0\n1\n2\n3\n4\n5\n6\n7')
  for (const [index, fd] of files.entries()) {
    const expected = ['a\nagain\n', 'b\n', 'c\n'][index]
    assert.equal(readFileSync(join(directory, names[index] as string), 'utf8'), expected)
    closeSync(fd)
  }
})

containerTest(
  'extra files of the first process, at numbers that are taken, a hundred of them',
  async ({ run, directory }) => {
    const files = Array.from({ length: 100 }, (_, index) => openSync(join(directory, `f${index}`), 'w'))
    try {
      const config = {
        ...shell(
          'i=3; while [ $i -lt 103 ]; do readlink /proc/self/fd/$i; i=$((i+1)); done; ls /proc/self/fd | wc -l',
        ),
        extraFiles: files,
      }
      const lines = (await output(run({}, config))).split('\n')
      assert.deepEqual(
        lines.slice(0, -1).map((path) => path.split('/').pop()),
        files.map((_, index) => `f${index}`),
      )
      assert.equal(lines.at(-1), '104')
    } finally {
      for (const fd of files) closeSync(fd)
    }
  },
)

containerTest('a descriptor that is not open is refused', async ({ create }) => {
  const container = await create()
  const error = await refused(container.start({ ...SLEEP, extraFiles: [9999] }), 'ConfigInvalid')
  assert.equal(error.field, 'process.extraFiles[0]')
})

// Node opens everything close-on-exec; a shell in front hands on descriptors that are not.
containerTest(
  'two hundred descriptors that the maker inherited stay with it',
  async ({ directory, rootfs }) => {
    const program = `
    import { Factory } from 'libcontainer'
    import { readdirSync } from 'node:fs'
    const factory = await Factory.open(process.argv[2])
    const container = await factory.create('leak', { rootfs: process.argv[3] })
    const text = async (options) => {
      const process = await container.start(options)
      let written = ''
      for await (const chunk of process.stdout) written += chunk
      return written.trim().split('\\n')
    }
    const list = { args: ['/bin/ls', '/proc/self/fd'], stdin: 'ignore' }
    const first = await text(list)
    await container.start({ args: ['/bin/sleep', '100'], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
    console.log(JSON.stringify({ own: readdirSync('/proc/self/fd').length, first, later: await text(list) }))
    await container.destroy()`
    const leaks = ['/', '/proc', '/sys/fs/cgroup', '/dev/null', directory]
    const opens = Array.from(
      { length: 200 },
      (_, index) => `exec ${20 + index}<${leaks[index % leaks.length]}`,
    ).join('\n')
    const engine = process.versions.bun === undefined ? '--input-type=module --eval' : '--eval'
    const { stdout, stderr } = spawnSync(
      'bash',
      ['-c', `${opens}\nexec "$ENGINE" ${engine} "$CODE" "$STATE" "$ROOTFS"`],
      {
        cwd: join(import.meta.dirname, '../../..'),
        encoding: 'utf8',
        env: {
          ...process.env,
          ENGINE: process.execPath,
          CODE: `process.argv.splice(1, 0, 'program');${program}`,
          STATE: join(directory, 'state'),
          ROOTFS: rootfs,
        },
      },
    )
    assert.equal(stderr, '')
    const { own, first, later } = JSON.parse(stdout)
    assert.ok(own > 200, `the control: the maker has ${own}`)
    // ls has the directory open that it lists.
    assert.deepEqual(
      [first, later],
      [
        ['0', '1', '2', '3'],
        ['0', '1', '2', '3'],
      ],
    )
  },
)

containerTest('no working directory below /proc/self/fd leads out', async ({ create }) => {
  const fd = openSync('/', constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const container = await create()
    // What init holds itself at that moment lies inside, and may be entered; nothing else may.
    const attempt = async (cwd: string): Promise<void> => {
      const outcome = await runIn(container, { args: ['/bin/ls', '-a', '..'], cwd, stdin: 'ignore' }).catch(
        (error) => error,
      )
      if (outcome instanceof Error) assert.match(outcome.message, /working directory/)
      else assert.doesNotMatch(outcome.stdout, /lib64|boot|media/)
    }
    for (const started of [false, true]) {
      if (started) await container.start(SLEEP)
      for (const number of [3, 4, 5, 6, 7, 8, 9, 10, fd, 251, 1023])
        for (const tail of ['', '/..', '/../../..']) await attempt(`/proc/self/fd/${number}${tail}`)
    }
  } finally {
    closeSync(fd)
  }
})

containerTest('starting and ending leaves no descriptor in the maker', async ({ create, cgroupPath }) => {
  const container = await create({ cgroup: { path: cgroupPath() } })
  const cycle = async (): Promise<void> => {
    await output(runIn(container, 'true'))
    const first = await container.start(SLEEP)
    await output(runIn(container, 'echo x'))
    await refused(container.start({ args: ['/nope'] }), 'SystemError')
    await container.pause()
    await container.resume()
    first.signal('SIGKILL')
    await first.wait()
  }
  await cycle()
  const open = (): readonly string[] =>
    openDescriptors()
      .map((target) => target.replace(/\d+/g, 'N'))
      .sort()
  const before = open()
  for (let round = 0; round < 20; round++) await cycle()
  assert.deepEqual(open(), before)
})
