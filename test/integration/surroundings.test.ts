// Tests what a container has around it beside files: names, kernel parameters, the network, clocks, keys, signals,
// the session.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ContainerConfig } from 'libcontainer'
import { containerTest, output, runIn, SLEEP } from '../helpers/container-test.ts'

containerTest('host and domain name are its own', async ({ run }) => {
  const before = [hostname(), readFileSync('/proc/sys/kernel/domainname', 'utf8')]
  const names = 'hostname; cat /proc/sys/kernel/domainname'
  assert.equal(
    await output(run({ hostname: 'testing', domainname: 'example.org' }, names)),
    'testing\nexample.org',
  )
  assert.equal(await output(run({ hostname: 'x'.repeat(64) }, 'hostname')), 'x'.repeat(64))
  assert.equal(await output(run({}, 'hostname')), hostname())
  assert.deepEqual([hostname(), readFileSync('/proc/sys/kernel/domainname', 'utf8')], before)
})

containerTest('kernel parameters of its namespaces, with dots and with slashes', async ({ run }) => {
  const files = [
    'kernel/shmmni',
    'net/ipv4/ip_forward',
    'net/ipv4/conf/lo/forwarding',
    'kernel/domainname',
  ] as const
  const sysctl = { 'kernel.shmmni': '8192', 'net/ipv4/ip_forward': '1', 'net.ipv4.conf.lo.forwarding': '1' }
  const read = `for f in ${files.slice(0, 3).join(' ')}; do cat /proc/sys/$f; done`
  const before = readFileSync('/proc/sys/kernel/shmmni', 'utf8')
  assert.equal(await output(run({ sysctl }, read)), '8192\n1\n1')
  assert.equal(readFileSync('/proc/sys/kernel/shmmni', 'utf8'), before)
})

containerTest('loopback is up when asked for, and by default', async ({ run }) => {
  const script = 'ip -o link show lo | grep -c "[<,]UP[,>]"; ip -4 -o addr show lo | wc -l'
  const { stdout: up } = await run({}, script)
  assert.equal(up, '1\n1\n')
  const { stdout: down } = await run({ networks: [] }, script)
  assert.equal(down, '0\n0\n')
  assert.equal(await output(run({}, 'ls /sys/class/net')), 'lo')
  // nc ends with what it hears, whatever it has still to say: only one side speaks, and the other stays open.
  const talk = `sleep 1000 | nc -l -p 4000 >/tmp/heard &
    while ! echo hello | nc 127.0.0.1 4000 2>/dev/null; do sleep 0.05; done
    while ! grep hello /tmp/heard; do sleep 0.05; done`
  assert.equal(await output(run({}, talk)), 'hello')
})

containerTest('clocks are shifted, for later processes too', async ({ create }) => {
  const config: Partial<ContainerConfig> = {
    namespaces: [{ type: 'mount' }, { type: 'pid' }, { type: 'time' }],
    timeOffsets: { boottime: { seconds: 1_000_000n }, monotonic: { seconds: -1n, nanoseconds: 500_000_000 } },
  }
  const container = await create(config)
  await container.start(SLEEP)
  const seconds = (text: string): number => Number(text.split(' ')[0])
  const inside = seconds(await output(runIn(container, 'cat /proc/uptime')))
  const outside = seconds(readFileSync('/proc/uptime', 'utf8'))
  assert.ok(Math.abs(inside - outside - 1_000_000) < 10, `${inside} and ${outside}`)
  const offsets = (await output(runIn(container, 'cat /proc/self/timens_offsets'))).replaceAll(/ +/g, ' ')
  assert.match(offsets, /monotonic -1 500000000\nboottime 1000000 0/)
})

const KEYS = ['/bin/cat', '/proc/keys']

containerTest('each container has a session keyring of its own', async ({ create }) => {
  const hidden = { maskedPaths: [] }
  const ringOf = async (): Promise<string> => {
    const container = await create(hidden)
    const first = await output(runIn(container, { args: KEYS, stdin: 'ignore' }))
    const ring = first.split('\n').find((line) => line.includes(`_ses.${container.id}`))
    assert.ok(ring !== undefined, first)
    await container.destroy()
    return ring.split(' ')[0] as string
  }
  assert.notEqual(await ringOf(), await ringOf())
})

containerTest(
  'later processes have a session keyring too, which no other process can join by its name',
  async ({ create }) => {
    const container = await create({ maskedPaths: [] })
    await container.start(SLEEP)
    const keys = await output(runIn(container, { args: KEYS, stdin: 'ignore' }))
    const ring = keys.split('\n').find((line) => line.includes(`_ses.${container.id}`)) ?? ''
    // Of its owner: view, read and link, but not search, which joining by name needs.
    assert.match(ring, / 3f130000 /, keys)
  },
)

containerTest(
  'signals are as a new process has them, and it leads a session without a terminal',
  async ({ run }) => {
    const script =
      'grep -E "^Sig(Ign|Blk|Cgt)" /proc/self/status; cut -d" " -f5-8 /proc/self/stat; cut -d" " -f1,5,6,7 /proc/1/stat'
    const lines = (
      await output(run({}, { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore' }))
    ).split('\n')
    for (const line of lines.filter((text) => text.startsWith('Sig'))) assert.match(line, /\s0{16}$/, line)
    assert.equal(lines.at(-1), '1 1 1 0', 'pid, process group, session, no terminal')
  },
)

containerTest('processes are alone in their pid namespace, and ps shows it', async ({ run }) => {
  const lines = (await output(run({}, { args: ['/bin/ps', '-o', 'pid,user,comm'], stdin: 'ignore' }))).split(
    '\n',
  )
  assert.deepEqual(
    lines.map((line) => line.trim().split(/ +/)),
    [
      ['PID', 'USER', 'COMMAND'],
      ['1', 'root', 'ps'],
    ],
  )
})

containerTest('exit codes and signals come out as they are', async ({ create }) => {
  const container = await create()
  await container.start(SLEEP)
  const end = async (script: string): Promise<unknown> =>
    (await container.start({ args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore' })).wait()
  assert.deepEqual(await end('exit 0'), { exitCode: 0, signal: null, status: 0, coreDumped: false })
  assert.deepEqual(await end('exit 255'), { exitCode: 255, signal: null, status: 255, coreDumped: false })
  assert.deepEqual(await end('kill -KILL $$'), {
    exitCode: null,
    signal: 'SIGKILL',
    status: 137,
    coreDumped: false,
  })
  assert.deepEqual(await end('ulimit -c 0; kill -SEGV $$'), {
    exitCode: null,
    signal: 'SIGSEGV',
    status: 139,
    coreDumped: false,
  })
  assert.deepEqual(await end('kill -40 $$'), {
    exitCode: null,
    signal: 'SIGRTMIN+6',
    status: 168,
    coreDumped: false,
  })
})
