// Tests of `runt events` and `runt update`: figures in runc's form, lack of memory, limits that change while it runs.

import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { writeConfig } from '../helpers/bundle.ts'
import { type Form, formOf, RUNC, withoutRunc } from '../helpers/reference-runtime.ts'
import { type Container, RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('events')

function testInside(
  name: string,
  body: (container: Container) => void | Promise<void>,
  command?: string,
): void {
  test(name, options, async () => {
    const container = await scene.start(command)
    try {
      await body(container)
    } finally {
      await container.end()
    }
  })
}

/** Reads a block from the disk itself, so that the kernel counts it; on a file system without a disk, nothing. */
const READ_BLOCK = ['/bin/sh', '-c', 'dd if=/bin/busybox of=/dev/null bs=4096 count=1 iflag=direct; true']

/** What runc says of a container of its own, whose first process sleeps while another one reads. */
function statsOfRunc(): string {
  const id = `${scene.name}-runc`
  const state = join(scene.directory, 'runc')
  mkdirSync(state, { recursive: true })
  writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}` })
  const runc = (...args: readonly string[]) =>
    spawnSync(RUNC, ['--root', state, ...args], {
      cwd: scene.bundle,
      encoding: 'utf8',
      stdio: args[0] === 'run' ? 'ignore' : 'pipe',
      timeout: 300_000,
    })
  assert.equal(runc('run', '-d', id).status, 0)
  assert.equal(runc('exec', id, ...READ_BLOCK).status, 0)
  const { stdout } = runc('events', '--stats', id)
  assert.equal(runc('delete', '--force', id).status, 0)
  return stdout
}

/** What both leave out when it is 0, as it may be. So are lists when they are empty: of disks nobody used, say. */
const MAY_BE_ZERO: readonly string[] = ['cache', 'max', 'percpu_user', 'percpu_kernel']

/** Every key of the one is in the other, with its type; what that has beside them is its own affair. */
function assertHas(form: Form, wanted: Form, at = ''): void {
  if (typeof wanted === 'string' || Array.isArray(wanted)) {
    assert.deepEqual(form, wanted, at)
    return
  }
  for (const [key, part] of Object.entries(wanted)) {
    const own = (form as Record<string, Form>)[key]
    if (own === undefined && (MAY_BE_ZERO.includes(key) || Array.isArray(part))) continue
    assert.notEqual(own, undefined, `${at}.${key} is missing`)
    assertHas(own as Form, part, `${at}.${key}`)
  }
}

test('the figures have the form of runc', { ...options, skip: skip || withoutRunc }, async () => {
  const { id, end } = await scene.start()
  assert.equal(scene.runt('exec', id, ...READ_BLOCK).status, 0)
  const { status, stdout, stderr } = scene.runt('events', '--stats', id)
  await end()
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^\{"type":"stats","id":"[^"]+","data":\{.*\}\}\n$/)
  const { data } = JSON.parse(stdout)
  assertHas(formOf(data), formOf(JSON.parse(statsOfRunc()).data))
  assert.ok(data.pids.current >= 2)
  assert.ok(data.memory.usage.usage > 0)
})

testInside('they come again and again, and end with the container', async ({ id, end }) => {
  const child = spawn(scene.path, ['--root', scene.root, 'events', '--interval', '20ms', id])
  const ended = new Promise((resolve) => child.on('close', resolve))
  let count = 0
  for await (const line of createInterface(child.stdout)) {
    assert.equal(JSON.parse(line).type, 'stats')
    if (++count === 3) await end()
  }
  assert.ok(count >= 3)
  assert.equal(await ended, 0)
})

testInside('each time that it finds no memory', async ({ id }) => {
  assert.equal(scene.runt('update', '--memory', '16M', '--memory-swap', '16M', id).status, 0)
  const child = spawn(scene.path, ['--root', scene.root, 'events', '--interval', '1h', id])
  let line = ''
  createInterface(child.stdout).once('line', (text) => {
    line = text
  })
  // As long as nothing was told, there may have been nobody yet to watch.
  while (line === '') {
    await new Promise((resolve) => setTimeout(resolve, 100))
    scene.runt('exec', id, '/bin/sh', '-c', 'x=abcdefgh; while :; do x=$x$x; done')
  }
  child.kill()
  assert.deepEqual(JSON.parse(line), { type: 'oom', id })
})

testInside('what cannot be watched', ({ id }) => {
  for (const interval of ['0s', '-1s', '5', 'x', ''])
    assert.match(
      scene.runt('events', '--interval', interval, id).stderr,
      /expected a duration above 0/,
      interval,
    )
  assert.match(scene.runt('events', 'nobody').stderr, /container does not exist/)
})

const fileOf = (id: string, controller: string, name: string): string =>
  readFileSync(`/sys/fs/cgroup/${controller}/${id}/${name}`, 'utf8').trim()

testInside('update changes what is given, in the kernel', ({ id }) => {
  const update = (...args: readonly string[]): void =>
    assert.deepEqual(scene.runt('update', ...args, id), { status: 0, stdout: '', stderr: '' })
  update('--memory', '64M', '--pids-limit', '20', '--cpu-share', '512')
  assert.equal(fileOf(id, 'memory', 'memory.limit_in_bytes'), String(64 << 20))
  assert.equal(fileOf(id, 'pids', 'pids.max'), '20')
  assert.equal(fileOf(id, 'cpu', 'cpu.shares'), '512')
  update(
    '--memory-reservation=33MiB',
    '--cpu-period',
    '50000',
    '-cpu-quota',
    '25000',
    '--kernel-memory',
    '1M',
  )
  assert.equal(fileOf(id, 'memory', 'memory.limit_in_bytes'), String(64 << 20))
  assert.equal(fileOf(id, 'memory', 'memory.soft_limit_in_bytes'), String(33 << 20))
  assert.equal(fileOf(id, 'cpu', 'cpu.cfs_quota_us'), '25000')
  update('--memory', '-1', '--cpu-quota=-1', '--pids-limit', '-1', '--cpuset-cpus', '0')
  assert.ok(BigInt(fileOf(id, 'memory', 'memory.limit_in_bytes')) > 1n << 60n)
  assert.equal(fileOf(id, 'pids', 'pids.max'), 'max')
  assert.equal(fileOf(id, 'cpuset', 'cpuset.cpus'), '0')
})

testInside('update reads a file or standard input, and nothing else then', ({ id }) => {
  const file = join(scene.directory, 'resources.json')
  writeFileSync(
    file,
    '{"memory": {"limit": 33554432, "swap": 0}, "devices": [{"allow": true, "access": "rwm"}]}',
  )
  assert.equal(scene.runt('update', '--memory', '8M', '-r', file, id).status, 0)
  assert.equal(fileOf(id, 'memory', 'memory.limit_in_bytes'), '33554432')
  const said = scene.shell(
    `echo '{"pids": {"limit": 30}, "blockIO": {"weight": 0}}' | "$@"`,
    'update',
    '--resources',
    '-',
    id,
  )
  assert.deepEqual(said, { status: 0, stdout: '', stderr: '' })
  assert.equal(fileOf(id, 'pids', 'pids.max'), '30')
  assert.equal(fileOf(id, 'memory', 'memory.limit_in_bytes'), '33554432')
})

testInside('update refuses what is none of its limits, and changes nothing', ({ id }) => {
  const before = fileOf(id, 'pids', 'pids.max')
  const refusals: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
    [['--memory', 'foo', '--pids-limit', '9'], /"--memory": expected a size such as 512M, or -1, got "foo"/],
    [['--memory', '-2'], /"--memory": expected a size/],
    [['--pids-limit', 'x'], /"--pids-limit": expected a whole number/],
    [['--pids-limit', '9', '--cpu-share', '1000000'], /shares/],
    [['--pids-limit', '9', '--cpuset-cpus', '4000'], /cpuset/],
    [['--l3-cache-schema', 'L3:0=f', '--pids-limit', '9'], /made without it/],
    [['-r', '/nonexistent'], /Cannot read "\/nonexistent": ENOENT/],
  ]
  for (const [args, expected] of refusals) {
    const { status, stdout, stderr } = scene.runt('update', ...args, id)
    assert.match(stderr, expected)
    assert.match(stderr, /^runt: [^\n]+\n$/)
    assert.deepEqual([status, stdout], [1, ''])
  }
  for (const text of ['{"memory":', '{"memory": {"limit": "x"}}', '[]', '{"pids": {"limit": 1e30}}'])
    assert.match(
      scene.shell(`printf %s '${text}' | "$@"`, 'update', '-r', '-', id).stderr,
      /^runt: Cannot [^\n]+\n$/,
    )
  assert.equal(fileOf(id, 'pids', 'pids.max'), before)
})
