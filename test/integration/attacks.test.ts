// Tests what a hostile image, or a hostile process in a running container, can do: nothing outside. Each attack has a
// control that shows that it would work where we did not look.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { CAPABILITIES, type ContainerConfig, DEFAULT_MOUNTS, type Mount } from 'libcontainer'
import {
  type Box,
  containerTest,
  output,
  refused,
  runIn,
  SLEEP,
  shell,
  until,
} from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'
import { Program } from '../helpers/second-program.ts'

const PROC: Mount = { type: 'proc', destination: '/proc' }
const MAPPED = {
  uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
  gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
} as const

/** A directory of the host that nothing may touch: what is in it, by name, type, size, inode and times. */
function makeOutside({ directory }: Box): { readonly path: string; readonly listing: () => string } {
  const path = join(directory, 'outside')
  mkdirSync(join(path, 'pts'), { recursive: true })
  writeFileSync(join(path, 'file'), 'of the host\n')
  writeFileSync(join(path, 'null'), 'of the host\n')
  return {
    path,
    listing: () =>
      execFileSync('find', [path, '-printf', '%P %y %s %i %m %U %T@ %C@\n'], { encoding: 'utf8' }),
  }
}

const PLACES = [
  'dev',
  'proc',
  'sys',
  'dev/pts',
  'dev/shm',
  'dev/mqueue',
  'dev/null',
  'dev/zero',
  'dev/ptmx',
  'dev/console',
  'dev/fd',
  'etc',
  'data',
] as const

for (const place of PLACES) {
  containerTest(`the image has a link to the host at /${place}`, async (box) => {
    const outside = makeOutside(box)
    const data = join(box.directory, 'data')
    mkdirSync(data)
    const before = [outside.listing(), readFileSync('/proc/self/mountinfo', 'utf8')]
    const target = place.startsWith('dev/') && place !== 'dev/pts' && place !== 'dev/shm' ? 'null' : ''
    for (const link of [join(outside.path, target), `../../../../../../../..${join(outside.path, target)}`]) {
      rmSync(join(box.rootfs, place), { recursive: true, force: true })
      symlinkSync(link, join(box.rootfs, place))
      // The control: whoever follows the link as a path of the host arrives there.
      const arrived =
        target === ''
          ? readdirSync(join(box.rootfs, place)).includes('file')
          : readFileSync(join(box.rootfs, place), 'utf8') === 'of the host\n'
      assert.ok(arrived)
      for (const mounts of [
        [...DEFAULT_MOUNTS, { type: 'bind', source: data, destination: '/data/deep' }],
        [PROC, { type: 'bind', source: data, destination: '/data/deep' }],
        [],
      ] as const) {
        const container = await box.create({ mounts })
        // Whether it starts or not is the image's own fault; `ls` needs nothing of what was replaced.
        await container.start({ args: ['/bin/ls', '/'] }).then(
          (process) => process.wait(),
          (error: unknown) => {
            assert.match(String(error), /LibcontainerError/)
          },
        )
        await container.destroy()
        assert.deepEqual([outside.listing(), readFileSync('/proc/self/mountinfo', 'utf8')], before)
      }
    }
  })
}

containerTest(
  'destinations on /proc and / are refused, those that only begin so are not',
  async ({ factory, rootfs, directory, run, create }) => {
    const mount = (destination: string): Mount => ({ type: 'bind', source: directory, destination })
    for (const destination of ['/', '/proc', '/proc/sys', '/proc/self/attr', '/./proc', '/x/../proc/y', '//'])
      await refused(factory.create('a', { rootfs, mounts: [PROC, mount(destination)] }), 'ConfigInvalid')
    assert.equal(
      await output(run({ mounts: [PROC, mount('/procx'), mount('/sysfiles')] }, 'ls /procx')),
      readdirSync(directory).sort().join('\n'),
    )
    symlinkSync('/proc', join(rootfs, 'link'))
    for (const destination of ['/link', '/link/sys', '/link/self']) {
      const container = await create({ mounts: [PROC, mount(destination)] })
      assert.equal((await refused(container.start(SLEEP), 'SystemError')).errno, 'ELOOP')
    }
    // The control: the same link leads there.
    assert.equal(await output(run({ mounts: [PROC] }, 'cat /link/self/comm')), 'cat')
  },
)

containerTest(
  "a mask is a real null device, whatever the image's /dev/null is (CVE-2025-31133)",
  async (box) => {
    const standIn = join(box.rootfs, 'stand-in')
    writeFileSync(standIn, 'stand-in')
    writeFileSync(join(box.rootfs, 'secret'), 'secret')
    rmSync(join(box.rootfs, 'dev/null'))
    symlinkSync('/stand-in', join(box.rootfs, 'dev/null'))
    const script = 'cat /secret; stat -c %t:%T /secret; echo broken >/secret; cat /stand-in'
    const config: Partial<ContainerConfig> = { mounts: [PROC], devices: [], maskedPaths: ['/secret'] }
    assert.equal(await output(box.run(config, { ...shell(script), stdin: 'pipe' })), '1:3\nstand-in')
    const container = await box.create(config)
    const error = await refused(container.start(SLEEP), 'SystemError')
    assert.equal(error.errno, 'ELOOP')
  },
)

const RACER = `
  import { nodeKernel } from '${new URL('../../src/node/node-kernel.js', import.meta.url).href}'
  import { syscall } from '${new URL('../../src/system/syscall.js', import.meta.url).href}'
  const [, , one, other] = process.argv
  const kernel = nodeKernel()
  const RENAME_EXCHANGE = 2
  console.log('racing')
  for (const test = process.ppid; process.ppid === test; )
    for (let round = 0; round < 1000; round++) syscall(kernel, 'renameat2', -100, one, -100, other, RENAME_EXCHANGE)`

containerTest(
  'a directory that becomes a link and back, while containers are made on it (CVE-2021-30465, CVE-2024-45310)',
  async (box) => {
    const outside = makeOutside(box)
    const volume = join(box.directory, 'volume')
    mkdirSync(join(volume, 'x'), { recursive: true })
    symlinkSync(outside.path, join(volume, 'link'))
    const before = [outside.listing(), readFileSync('/proc/self/mountinfo', 'utf8')]
    const racer = new Program(RACER, join(volume, 'x'), join(volume, 'link'))
    try {
      assert.equal(await racer.line(), 'racing')
      const mounts: Mount[] = [
        PROC,
        { type: 'bind', source: volume, destination: '/volume' },
        { type: 'tmpfs', source: 'racer', destination: '/volume/x/made/deep' },
        { type: 'bind', source: volume, destination: '/volume/x/bound' },
      ]
      let started = 0
      for (let round = 0; round < 100; round++) {
        const container = await box.create({
          mounts,
          devices: [{ type: 'c', path: '/volume/x/null', major: 1, minor: 3 }],
        })
        const script = `ls ${outside.path}/file 2>/dev/null; awk '$9 == "racer" { print $5 }' /proc/self/mountinfo`
        try {
          const places = await output(
            runIn(container, { ...shell(script), stdin: 'pipe', stderr: 'inherit' }),
          )
          assert.match(
            places,
            new RegExp(`^(/volume/(x|link)|${outside.path})/made/deep$`),
            'inside the root',
          )
          started++
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error
        }
        await container.destroy()
      }
      assert.ok(started > 0, 'some must have started')
      assert.deepEqual([outside.listing(), readFileSync('/proc/self/mountinfo', 'utf8')], before)
      await until('the control: a path that is used twice leads out', () => leadsOut(volume, outside.path))
    } finally {
      await racer.kill()
    }
  },
)

/** What a runtime would do that checks a path and then uses it. */
function leadsOut(volume: string, outside: string): boolean {
  for (let round = 0; round < 1000; round++) {
    try {
      if (lstatSync(join(volume, 'x')).isDirectory())
        mkdirSync(join(volume, 'x/escaped'), { recursive: true })
    } catch {
      // The racer was between the two.
    }
    if (existsSync(join(outside, 'escaped'))) return true
  }
  return false
}

// In the container: looks at every process that still is our init, and tells what it could reach of it.
const SPY = `
  still() { read -r now 2>/dev/null <$p/comm && [ "$now" = "$comm" ] && echo "$1 of $comm"; }
  while :; do
    for p in /proc/[0-9]*; do
      read -r comm 2>/dev/null <$p/comm || continue
      case $comm in
        libcontainer*|init) echo seen; for fd in 0 1 2 3 4 5 6; do readlink $p/fd/$fd >/dev/null 2>&1 && still "fd $fd"; done
          readlink $p/root >/dev/null 2>&1 && still root
          head -c 1 $p/environ >/dev/null 2>&1 && still environ ;;
        victim) readlink $p/root >/dev/null 2>&1 && readlink $p/fd/0 >/dev/null && echo "control" ;;
      esac
    done
  done`

containerTest(
  'a process in the container cannot reach into init before it is its own program (CVE-2016-9962)',
  async (box) => {
    giveTree(box.rootfs, 100_000, 100_000)
    writeFileSync(join(box.rootfs, 'bin/victim'), '#!/bin/sh\nwhile :; do sleep 1; done\n', { mode: 0o755 })
    const all = CAPABILITIES.filter((name) => name !== 'SYS_RESOURCE')
    const configs: readonly Partial<ContainerConfig>[] = [
      {},
      { ...MAPPED, namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }], capabilities: all },
    ]
    for (const config of configs) {
      const container = await box.create(config)
      await container.start(SLEEP)
      await container.start({ ...SLEEP, args: ['/bin/victim'] })
      const spy = await container.start({ ...shell(SPY), stderr: 'ignore' })
      const told = new Map<string, number>()
      spy.stdout.on('data', (chunk: Buffer) => {
        for (const line of chunk.toString().split('\n')) told.set(line, (told.get(line) ?? 0) + 1)
      })
      await until('the control: another process can be looked into', () => told.has('control'))
      // Ten, or as many as the spy needs that the machine lets run seldom.
      for (const end = performance.now() + 120_000, rounds = { done: 0 }; ; rounds.done++) {
        if (rounds.done >= 10 && (told.has('seen') || performance.now() > end)) break
        // Users are looked up by us, so that init waits for us, in the container; and we are busy.
        const starting = container.start({ args: ['/bin/true'], user: 'alice', stdin: 'ignore' })
        for (let turn = 0; turn < 10; turn++) {
          await new Promise(setImmediate)
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
        }
        await (await starting).wait()
      }
      assert.ok(told.has('seen'), 'init was seen')
      assert.deepEqual(
        [...told.keys()].filter((line) => / of /.test(line)),
        [],
      )
      await container.destroy()
    }
  },
)

containerTest(
  'inheritable capabilities of files give nothing (CVE-2022-29162)',
  async (box) => {
    execFileSync('cp', ['/bin/busybox', join(box.rootfs, 'bin/cat-with-caps')])
    execFileSync('setcap', ['cap_net_admin+i', join(box.rootfs, 'bin/cat-with-caps')])
    symlinkSync('../../bin/cat-with-caps', join(box.rootfs, 'home/alice/cat'))
    const run = (extra: object): Promise<string> =>
      output(
        box.run(
          { noNewPrivileges: false, ...extra },
          { args: ['/home/alice/cat', '/proc/self/status'], user: 'daemon', stdin: 'ignore' },
        ),
      )
    assert.match(await run({ capabilities: ['NET_ADMIN'] }), /CapInh:\t0{16}\nCapPrm:\t0{16}\n/)
    const control = { bounding: ['NET_ADMIN'], inheritable: ['NET_ADMIN'], permitted: ['NET_ADMIN'] }
    assert.match(
      await run({ capabilities: control }),
      /CapPrm:\t0*1000\n/,
      'the control: with inheritable it does',
    )
  },
  existsSync('/sbin/setcap') || existsSync('/usr/sbin/setcap')
    ? false
    : 'it needs setcap (package libcap2-bin)',
)

containerTest('mounts of a container with a shared volume never reach the host', async (box) => {
  giveTree(box.rootfs, 100_000, 100_000)
  const volume = join(box.directory, 'volume')
  mkdirSync(join(volume, 'sub'), { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', volume])
  execFileSync('mount', ['--make-shared', volume])
  try {
    mkdirSync(join(volume, 'sub'))
    giveTree(volume, 100_000, 100_000)
    const mount: Mount = { type: 'bind', source: volume, destination: '/volume', propagation: ['rshared'] }
    const before = readFileSync('/proc/self/mountinfo', 'utf8')
    for (const config of [
      {},
      { ...MAPPED, namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }] },
    ] as const) {
      const container = await box.create({ ...config, mounts: [PROC, mount], capabilities: ['SYS_ADMIN'] })
      await container.start(SLEEP)
      assert.equal(
        await output(
          runIn(container, 'mount -t tmpfs inner /volume/sub && touch /volume/sub/x && ls /volume/sub'),
        ),
        'x',
      )
      assert.equal(readFileSync('/proc/self/mountinfo', 'utf8'), before)
      assert.deepEqual(readdirSync(join(volume, 'sub')), [])
      await container.destroy()
    }
  } finally {
    execFileSync('umount', [volume])
  }
})

// The old way out of a chroot: a working directory that is kept outside of a second one.
const ESCAPE = `
  #include <fcntl.h>
  #include <stdio.h>
  #include <sys/stat.h>
  #include <unistd.h>
  int main(int argc, char **argv) {
    int here = open("/", O_RDONLY);
    mkdir("/tmp/jail", 0755);
    if (argc < 2 || chroot("/tmp/jail") < 0 || fchdir(here) < 0) return 2;
    for (int up = 0; up < 100; up++) if (chdir("..") < 0) return 2;
    if (chroot(".") < 0) return 2;
    puts(access(argv[1], F_OK) == 0 ? "out" : "in");
    return 0;
  }`

containerTest('the old way out of a chroot leads out of none with a mount namespace', async (box) => {
  writeFileSync(join(box.directory, 'escape.c'), ESCAPE)
  execFileSync('cc', ['-static', '-o', join(box.rootfs, 'bin/escape'), join(box.directory, 'escape.c')])
  writeFileSync(join(box.directory, 'of-the-host'), '')
  const attempt = { args: ['/bin/escape', join(box.directory, 'of-the-host')], stdin: 'ignore' } as const
  assert.equal(await output(box.run({}, attempt)), 'in')
  assert.equal(await output(box.run({ noPivotRoot: true }, attempt)), 'in')
  assert.equal(
    await output(box.run({ namespaces: [] }, attempt)),
    'out',
    'the control: a bare chroot holds nobody',
  )
  assert.equal(
    await output(
      box.run(
        { namespaces: [], capabilities: [] },
        { ...attempt, args: ['/bin/sh', '-c', '/bin/escape /x || echo refused'] },
      ),
    ),
    'refused',
  )
})
