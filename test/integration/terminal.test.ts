// Tests terminals: whose pty it is, who owns it, its size, job control, the console, and what comes over the stream.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { DEFAULT_MOUNTS, type ProcessOptions, type Terminal } from 'libcontainer'
import { type Box, containerTest, refused, runIn, SLEEP, until } from '../helpers/container-test.ts'
import { openDescriptors } from '../helpers/open-descriptors.ts'
import { giveTree } from '../helpers/rootfs.ts'

const env = ['PATH=/bin']
const MAPPED = {
  uidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
  gidMappings: [{ containerId: 0, hostId: 100_000, size: 65_536 }],
} as const
const EVERY = ['user', 'mount', 'uts', 'ipc', 'pid', 'network', 'cgroup'].map((type) => ({
  type,
})) as NonNullable<Parameters<Box['create']>[0]>['namespaces']

/** A shell with a terminal. */
function onTerminal(script: string, options: Partial<ProcessOptions> = {}) {
  return { args: ['/bin/sh', '-c', script], env, ...options, terminal: options.terminal ?? true } as const
}

/** What a script shows on its terminal, in a new container. */
async function shown(box: Box, script: string, config = {}, options = {}): Promise<string> {
  const container = await box.create(config)
  const process = await container.start(onTerminal(script, options))
  const [output] = await Promise.all([text(process.terminal as Terminal), process.wait()])
  await container.destroy()
  return output
}

/** What was shown so far, gathered. */
function watch(terminal: Terminal): { readonly text: string } {
  const seen = { text: '' }
  terminal.setEncoding('utf8').on('data', (chunk: string) => {
    // A shell asks where the cursor is.
    seen.text += chunk.replaceAll('\x1b[6n', '')
  })
  return seen
}

const FACTS = [
  'tty',
  'stty size',
  `stat -Lc '%t:%T %a %u:%g' /dev/fd/0 /dev/console`,
  'echo $(for n in 0 1 2; do readlink /proc/$$/fd/$n; done)',
  `stat -c '%d' /dev/pts/0; stat -Lc '%d' /dev/fd/0`,
].join('\n')

containerTest('a terminal is of the container, controls it, and is its console', async (box) => {
  const lines = (await shown(box, FACTS)).split('\r\n')
  assert.deepEqual(lines.slice(0, 5), [
    '/dev/pts/0',
    '24 80',
    '88:0 620 0:5',
    '88:0 620 0:5',
    '/dev/pts/0 /dev/pts/0 /dev/pts/0',
  ])
  assert.equal(lines[5], lines[6])
  const other = await shown(box, 'echo $(ps -o pid,pgid,sid,tty,comm | grep sh); echo typed >/dev/tty')
  assert.match(other, /^1 1 1 136,0 sh .*\r\ntyped\r\n$/)
})

containerTest('the same in a user namespace, where nothing of the host helps', async (box) => {
  giveTree(box.rootfs, 100_000, 100_000)
  const lines = (await shown(box, FACTS, { namespaces: EVERY, ...MAPPED })).split('\r\n')
  assert.deepEqual(lines.slice(0, 5), [
    '/dev/pts/0',
    '24 80',
    '88:0 620 0:5',
    '88:0 620 0:5',
    '/dev/pts/0 /dev/pts/0 /dev/pts/0',
  ])
})

containerTest('it belongs to the user of the process, and can be opened again', async (box) => {
  const script = `stat -Lc '%a %u:%g' /dev/fd/0; echo out >/dev/pts/0; echo err >/dev/stderr`
  assert.equal(await shown(box, script, {}, { user: 'alice' }), '620 1000:5\r\nout\r\nerr\r\n')
})

containerTest(
  'size: as asked for before the command runs, read back, and changed with SIGWINCH',
  async (box) => {
    const container = await box.create()
    const script = 'trap "stty size" WINCH; stty size; while :; do sleep 0.05; done'
    const process = await container.start(onTerminal(script, { terminal: { columns: 133, rows: 7 } }))
    const terminal = process.terminal as Terminal
    const seen = watch(terminal)
    await until('the first size', () => seen.text === '7 133\r\n')
    assert.deepEqual(terminal.size(), { columns: 133, rows: 7 })
    terminal.resize({ columns: 40, rows: 50 })
    await until('the second size', () => seen.text === '7 133\r\n50 40\r\n')
    for (const wrong of [{ columns: 1 }, { columns: -1, rows: 1 }, { columns: 1, rows: 65_536 }])
      assert.throws(() => terminal.resize(wrong as { columns: number; rows: number }), {
        code: 'ConfigInvalid',
      })
  },
)

containerTest('job control: what is typed interrupts, suspends and ends the foreground', async (box) => {
  const container = await box.create()
  const process = await container.start({ args: ['/bin/sh', '-i'], env: [...env, 'PS1=$ '], terminal: true })
  const { terminal } = process
  const seen = watch(terminal)
  await until('the prompt', () => seen.text.endsWith('$ '))
  assert.ok(!seen.text.includes("can't access tty"), seen.text)
  terminal.write('sleep 1000\n')
  await until('the command', () => seen.text.includes('sleep 1000\r\n'))
  await untilForeground(process.pid, 'sleep')
  terminal.write('\x03')
  await until('the end of it', () => seen.text.endsWith('^C\r\n$ '))
  terminal.write('sleep 1001\n')
  await untilForeground(process.pid, 'sleep')
  terminal.write('\x1a')
  await until('the stop of it', () => /Stopped +sleep 1001\r\n\$ $/.test(seen.text))
  // It asks once whether the job may be left.
  terminal.write('exit 3\nexit 3\n')
  assert.equal((await process.wait()).exitCode, 3)
})

/** Waits until a child of the shell runs. */
async function untilForeground(shell: number, name: string): Promise<void> {
  await until(`${name} runs`, () => {
    const children = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim().split(' ')
    return children.some((pid) => {
      try {
        return pid !== '' && readFileSync(`/proc/${pid}/comm`, 'utf8') === `${name}\n`
      } catch {
        return false
      }
    })
  })
}

containerTest(
  'the stream ends with the last holder of the terminal, after all that was shown',
  async (box) => {
    const container = await box.create()
    await container.start(SLEEP)
    const process = await container.start(onTerminal('seq 20000'))
    const output = await text(process.terminal as Terminal)
    assert.equal(output.split('\r\n').length, 20_001)
    assert.ok(output.endsWith('20000\r\n'))
    assert.equal((await process.wait()).exitCode, 0)
    await until('the stream is closed', () => (process.terminal as Terminal).destroyed)
  },
)

containerTest('what is typed in bulk arrives, and what is read meanwhile too', async (box) => {
  const container = await box.create()
  const process = await container.start(onTerminal('stty raw -echo; echo ready; head -c 1000000 | md5sum'))
  const { terminal } = process as { terminal: Terminal }
  const seen = watch(terminal)
  await until('readiness', () => seen.text.startsWith('ready'))
  terminal.write('x'.repeat(1_000_000))
  await process.wait()
  await until('the sum', () => seen.text.includes('  -'))
  const sum = createHash('md5').update('x'.repeat(1_000_000)).digest('hex')
  assert.ok(seen.text.includes(sum), seen.text)
})

containerTest('letting go of the terminal hangs up: the session gets SIGHUP', async (box) => {
  const container = await box.create()
  await container.start(SLEEP)
  const process = await container.start({ args: ['/bin/sleep', '1000'], terminal: true })
  process.terminal.destroy()
  assert.equal((await process.wait()).signal, 'SIGHUP')
})

// TestExecInTTY of the original.
containerTest('later processes have terminals of their own; the console stays', async (box) => {
  const container = await box.create()
  const first = await container.start(onTerminal('sleep 1000'))
  const second = await container.start(
    onTerminal('tty; stat -Lc %t:%T /dev/fd/0 /dev/console; ps -o tty,comm | tail -1 | cut -c-5'),
  )
  assert.equal(await text(second.terminal as Terminal), '/dev/pts/1\r\n88:1\r\n88:0\r\n136,1\r\n')
  const third = await runIn(container, 'ls /dev/pts; test -t 0 || echo no terminal; cat </dev/tty')
  assert.equal(third.stdout, '0\nptmx\nno terminal\n')
  assert.notEqual(third.status, 0)
  ;(first.terminal as Terminal).destroy()
})

containerTest('a container without a terminal has no console', async (box) => {
  const { stdout } = await box.run({}, 'ls /dev')
  assert.ok(!stdout.includes('console'), stdout)
})

containerTest('nothing else is open in the process, and nothing is left open here', async (box) => {
  const before = openDescriptors().length
  const container = await box.create()
  const process = await container.start(onTerminal('ls /proc/self/fd; readlink /proc/self/fd/3', {}))
  const output = await text(process.terminal as Terminal)
  // The third is the directory that ls reads.
  assert.equal(output.replaceAll(/\s+/g, ' '), '0 1 2 3 ')
  await process.wait()
  await container.destroy()
  await until('all closed', () => openDescriptors().length <= before)
})

containerTest('read-only: the root, and /dev itself', async (box) => {
  mkdirSync(join(box.rootfs, 'proc'), { recursive: true })
  const mounts = DEFAULT_MOUNTS.map((mount) =>
    mount.destination === '/dev' && 'attributes' in mount
      ? { ...mount, attributes: [...(mount.attributes ?? []), 'ro' as const] }
      : mount,
  )
  const script = 'tty; touch /dev/x 2>/dev/null || echo refused; echo seen >/dev/console'
  assert.equal(
    await shown(box, script, { readonlyRootfs: true, mounts }),
    '/dev/pts/0\r\nrefused\r\nseen\r\n',
  )
})

containerTest('where there can be no terminal, the error says why and nothing is left', async (box) => {
  const start = async (config: object, options: object = {}): Promise<string> => {
    const container = await box.create(config)
    const error = await refused(
      container.start({ args: ['/bin/true'], terminal: true, ...options } as ProcessOptions),
      'without' in config ? 'ConfigInvalid' : 'SystemError',
    )
    await container.destroy()
    return error.message
  }
  const noPts = DEFAULT_MOUNTS.filter(({ type }) => type !== 'devpts')
  assert.match(await start({ mounts: noPts }), /open a terminal.*ENOENT.*has no \/dev\/pts/)
  const fake = [...noPts, { type: 'tmpfs', destination: '/dev/pts' }]
  assert.match(await start({ mounts: fake }), /ENODEV.*a devpts must be mounted/)
  const container = await box.create({ namespaces: [{ type: 'pid' }] })
  const error = await refused(container.start({ args: ['/bin/true'], terminal: true }), 'ConfigInvalid')
  assert.equal(error.field, 'process.terminal')
  assert.match(error.message, /without a mount namespace/)
})

containerTest('other streams beside a terminal are refused', async (box) => {
  const container = await box.create()
  const process = { args: ['/bin/true'], terminal: true, stdout: 'pipe' } as const
  const error = await refused(container.start(process), 'ConfigInvalid')
  assert.equal(error.field, 'process.terminal')
  for (const terminal of [1, 'yes', { columns: 1.5 }, { rows: -1 }, { width: 80 }])
    await refused(
      container.start({ args: ['/bin/true'], terminal } as unknown as ProcessOptions),
      'ConfigInvalid',
    )
})

containerTest(
  'attack: /dev/console of the image is a link to a file of the host (CVE-2025-52565)',
  async (box) => {
    const target = join(box.directory, 'victim')
    writeFileSync(target, 'untouched')
    const dev = join(box.rootfs, 'dev')
    symlinkSync(`../../victim`, join(dev, 'console'))
    // The image's own /dev, with only a devpts on it.
    mkdirSync(join(dev, 'pts'))
    const mounts = DEFAULT_MOUNTS.filter(
      ({ destination }) => destination === '/dev/pts' || destination === '/proc',
    )
    const container = await box.create({ mounts })
    const error = await refused(container.start({ args: ['/bin/true'], terminal: true }), 'SystemError')
    assert.match(error.message, /bind the terminal on "\/dev\/console": ELOOP/)
    assert.equal(existsSync(target), true)
  },
)

containerTest('attack: /dev/pts/ptmx of the image is a link to that of the host', async (box) => {
  const pts = join(box.rootfs, 'dev/pts')
  mkdirSync(pts)
  symlinkSync('/proc/1/root/dev/ptmx', join(pts, 'ptmx'))
  const mounts = DEFAULT_MOUNTS.filter(({ destination }) => destination === '/proc')
  const container = await box.create({ mounts })
  const error = await refused(container.start({ args: ['/bin/true'], terminal: true }), 'SystemError')
  assert.match(error.message, /ENODEV/)
  assert.ok(readlinkSync(join(pts, 'ptmx')))
})
