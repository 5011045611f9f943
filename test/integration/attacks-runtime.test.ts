// Tests attacks on the runtime itself: on the program that init is, on what it writes for the container, on the files
// that it reads of the image, and on the process that asked for all of it. Each has a control that shows the hole.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { CAPABILITIES, Factory } from 'libcontainer'
import { syscall } from '../../src/system/syscall.ts'
import { kernel, lacksController, V1 } from '../helpers/cgroup-machine.ts'
import { containerTest, output, refused, runIn, SLEEP, shell, startReady } from '../helpers/container-test.ts'
import { giveTree } from '../helpers/rootfs.ts'

const F_GET_SEALS = 1034
/** F_SEAL_SEAL, SHRINK, GROW, WRITE (include/uapi/linux/fcntl.h). */
const SEALED = 0xf
const MFD_CLOEXEC = 1

const natives = ['build/native/init', 'build/native/libcontainer.node'].map((path) =>
  join(import.meta.dirname, '../../..', path),
)
const hashes = (): readonly string[] =>
  natives.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'))

/** Opens a program by a descriptor that was got while it ran, and writes into it: what CVE-2019-5736 did. */
function overwrite(path: string): string {
  const opened: number[] = []
  const open = (name: string, flags: number): number => {
    const fd = openSync(name, flags)
    opened.push(fd)
    return fd
  }
  try {
    writeSync(open(`/proc/self/fd/${open(path, constants.O_RDONLY)}`, constants.O_RDWR), 'overwritten', 0)
    return 'written'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  } finally {
    for (const fd of opened) closeSync(fd)
  }
}

containerTest('the program that init is cannot be written by anybody (CVE-2019-5736)', async ({ create }) => {
  const before = hashes()
  const container = await create()
  const process = await container.prepare(SLEEP)
  const exe = `/proc/${process.pid}/exe`
  const fd = openSync(exe, constants.O_RDONLY)
  assert.equal(syscall(kernel, 'fcntl', fd, F_GET_SEALS) & SEALED, SEALED)
  assert.match(overwrite(exe), /^(EPERM|ETXTBSY|EACCES)$/, 'while it runs')
  await container.release()
  assert.equal(overwrite(`/proc/self/fd/${fd}`), 'EPERM', 'when it is gone')
  closeSync(fd)
  const plain = syscall(kernel, 'memfd_create', 'plain', MFD_CLOEXEC)
  assert.equal(overwrite(`/proc/self/fd/${plain}`), 'written', 'the control: a memory file without seals')
  closeSync(plain)
  assert.deepEqual(hashes(), before)
})

containerTest(
  'an image whose programs are /proc/self/exe runs nothing with the rights of init (CVE-2019-5736)',
  async ({ create, rootfs }) => {
    const before = hashes()
    writeFileSync(join(rootfs, 'bin/evil'), '#!/proc/self/exe\n', { mode: 0o755 })
    symlinkSync('/proc/self/exe', join(rootfs, 'bin/evil-link'))
    const container = await create()
    await startReady(container)
    for (const command of ['/bin/evil', '/bin/evil-link']) {
      // init, started without its socket, has nothing to do and ends.
      const end = await container
        .start({ args: [command], stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' })
        .then(
          (process) => process.wait(),
          () => ({ status: 1 }),
        )
      assert.notEqual(end.status, 0)
    }
    assert.equal(await output(runIn(container, 'readlink /proc/$$/exe')), '/bin/busybox', 'the control')
    assert.equal(await container.status(), 'running')
    assert.deepEqual(hashes(), before)
  },
)

containerTest(
  'kernel parameters reach the kernel, whatever the image has at /proc (CVE-2025-52881)',
  async ({ create, rootfs, directory }) => {
    const outside = join(directory, 'outside')
    for (const place of [join(rootfs, 'stand-in'), outside]) {
      mkdirSync(join(place, 'sys/kernel'), { recursive: true })
      writeFileSync(join(place, 'sys/kernel/shmmni'), 'stand-in\n')
    }
    for (const target of ['/stand-in', outside, null]) {
      rmSync(join(rootfs, 'proc'), { recursive: true })
      if (target === null) {
        mkdirSync(join(rootfs, 'proc/sys/kernel'), { recursive: true })
        writeFileSync(join(rootfs, 'proc/sys/kernel/shmmni'), 'stand-in\n')
      } else symlinkSync(target, join(rootfs, 'proc'))
      if (target !== '/stand-in')
        assert.match(readFileSync(join(rootfs, 'proc/sys/kernel/shmmni'), 'utf8'), /stand-in/, 'the control')
      const container = await create({ sysctl: { 'kernel.shmmni': '8192' } })
      // A link in place of /proc is the image's own fault; what counts is where the number went.
      const outcome = await container.start(shell('cat /proc/sys/kernel/shmmni')).then(
        async (process) => {
          await process.wait()
          return 'ran'
        },
        (error: unknown) => String(error),
      )
      assert.match(outcome, /^(ran|LibcontainerError)/)
      await container.destroy()
      for (const place of [join(rootfs, 'stand-in'), outside])
        assert.equal(readFileSync(join(place, 'sys/kernel/shmmni'), 'utf8'), 'stand-in\n')
      if (target === null)
        assert.equal(readFileSync(join(rootfs, 'proc/sys/kernel/shmmni'), 'utf8'), 'stand-in\n')
    }
  },
)

containerTest(
  'user files that are links lead inside, never to those of the host (CVE-2025-24965)',
  async ({ create, rootfs, directory }) => {
    const file = join(directory, 'passwd')
    writeFileSync(file, 'secret:x:4242:4242::/:/bin/sh\n')
    for (const link of [file, `../../../../../../../..${file}`]) {
      rmSync(join(rootfs, 'etc/passwd'))
      symlinkSync(link, join(rootfs, 'etc/passwd'))
      assert.match(readFileSync(join(rootfs, 'etc/passwd'), 'utf8'), /secret/, 'the control: it leads there')
      const container = await create()
      const error = await refused(container.start({ ...SLEEP, user: 'secret' }), 'SystemError')
      assert.equal(error.field, 'process.user')
      await container.destroy()
    }
    rmSync(join(rootfs, 'etc/passwd'))
    writeFileSync(join(rootfs, 'other'), 'secret:x:4343:4343::/:/bin/sh\n')
    symlinkSync('../other', join(rootfs, 'etc/passwd'))
    const container = await create()
    const id = await output(runIn(container, { args: ['/bin/id', '-u'], user: 'secret', stdin: 'ignore' }))
    assert.equal(id, '4343', 'and a link inside is followed')
  },
)

containerTest(
  'the release agents of the host are out of reach (CVE-2022-0492)',
  async ({ create, rootfs, cgroupPath }) => {
    giveTree(rootfs, 100_000, 100_000)
    // What makes the host run a program is opened for writing, and nothing is written.
    const script = `mkdir -p /tmp/x; mount -t cgroup -o memory none /tmp/x 2>/dev/null
      mount -o remount,rw /sys/fs/cgroup 2>/dev/null
      for f in $(find /sys/fs/cgroup /tmp/x -name release_agent -o -name notify_on_release 2>/dev/null); do
        (: >>$f) 2>/dev/null && echo open
      done; echo done`
    const maps = [{ containerId: 0, hostId: 100_000, size: 65_536 }]
    const mapped = {
      namespaces: [{ type: 'user' }, { type: 'mount' }, { type: 'pid' }, { type: 'cgroup' }],
      ...{ uidMappings: maps, gidMappings: maps, seccomp: null },
      capabilities: CAPABILITIES.filter((name) => name !== 'SYS_RESOURCE'),
    } as const
    for (const config of [{}, mapped]) {
      const container = await create({ ...config, cgroup: { path: cgroupPath() } })
      assert.equal(await output(runIn(container, script)), 'done')
      await container.destroy()
    }
    const control = await create({ capabilities: ['SYS_ADMIN'], seccomp: null })
    assert.match(await output(runIn(control, script)), /open/, 'the control: SYS_ADMIN of the host may')
  },
  lacksController(V1, 'memory'),
)

containerTest('a directory of states that anybody may write to is none', async ({ directory, rootfs }) => {
  const root = join(directory, 'open')
  mkdirSync(root)
  for (const mode of [0o777, 0o1777, 0o702]) {
    chmodSync(root, mode)
    const error = await refused(Factory.open(root), 'ConfigInvalid')
    assert.equal(error.field, 'root')
    assert.match(error.reason, /anybody may write/)
  }
  chmodSync(root, 0o750)
  await (await (await Factory.open(root)).create('a', { rootfs })).destroy()
  assert.deepEqual(readdirSync(root), [])
})

containerTest('who starts stays as it was: dumpable, its memory its own', async ({ create, cgroupPath }) => {
  const [PR_GET_DUMPABLE, PR_SET_DUMPABLE] = [3, 4]
  const dumpable = (): number => syscall(kernel, 'prctl', PR_GET_DUMPABLE, 0, 0, 0, 0)
  assert.equal(dumpable(), 1)
  const marker = new Uint8Array(1 << 20).fill(0x5a)
  for (const limitBytes of [4096n, 65_536n, 1n << 20n]) {
    const container = await create({ cgroup: { path: cgroupPath(), memory: { limitBytes } } })
    // init shares this memory until it is its own program, and the kernel may end it for want of memory.
    await container.start({ args: ['/bin/true'], stdin: 'ignore' }).then(
      (process) => process.wait(),
      (error: unknown) => assert.match(String(error), /LibcontainerError/),
    )
    assert.equal(dumpable(), 1)
    assert.ok(marker.every((byte) => byte === 0x5a))
    await container.destroy()
  }
  assert.equal(syscall(kernel, 'prctl', PR_SET_DUMPABLE, 0, 0, 0, 0), 0)
  assert.equal(dumpable(), 0, 'the control: a change is seen')
  assert.equal(syscall(kernel, 'prctl', PR_SET_DUMPABLE, 1, 0, 0, 0), 0)
})
