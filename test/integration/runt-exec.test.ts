// Tests of `runt exec`: what the process is, by each of its options and by a file; how it ends; what is refused.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { writeConfig } from '../helpers/bundle.ts'
import { type Container, RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('exec')

/** A test with a container that sleeps. */
function testInside(name: string, body: (container: Container) => void | Promise<void>): void {
  test(name, options, async () => {
    const container = await scene.start()
    try {
      await body(container)
    } finally {
      await container.end()
    }
  })
}

/** What a script in the container writes; nothing may go wrong. */
function output(container: Container, flags: readonly string[], script: string): string {
  const { status, stdout, stderr } = scene.runt('exec', ...flags, container.id, '/bin/sh', '-c', script)
  assert.deepEqual([status, stderr], [0, ''])
  return stdout
}

const capabilities = (status: string): Record<string, string> =>
  Object.fromEntries(
    [...status.matchAll(/^Cap(\w+):\s+(\w+)$/gm)].map(([, set = '', bits = '']) => [set, bits]),
  )

testInside('the exit status is the one of the process', ({ id }) => {
  assert.equal(scene.runt('exec', id, 'true').status, 0)
  assert.equal(scene.runt('exec', id, '/bin/sh', '-c', 'exit 7').status, 7)
  assert.equal(scene.runt('exec', id, '/bin/sh', '-c', 'kill -KILL $$').status, 137)
})

testInside('options end at the id', ({ id }) => {
  assert.equal(scene.runt('exec', id, 'echo', '-d', '--cwd', '/x').stdout, '-d --cwd /x\n')
})

testInside('255 when it could not be started', ({ id }) => {
  const { status, stderr } = scene.runt('exec', id, 'no-such-command')
  assert.match(stderr, /^runt: .*"no-such-command".*executable file not found in .*\n$/)
  assert.equal(status, 255)
  assert.equal(scene.runt('exec', 'nobody', 'true').status, 255)
  assert.match(scene.runt('exec', id, '/etc/passwd').stderr, /EACCES \(permission denied.*\n$/)
  assert.match(scene.runt('exec', '--cwd', '/nowhere', id, 'true').stderr, /no such file or directory\n$/)
})

testInside('--cwd, --env, --user and --additional-gids', (container) => {
  assert.equal(output(container, ['--cwd', '/etc'], 'pwd'), '/etc\n')
  assert.equal(
    output(container, ['-e', 'A=1', '--env', 'B=x,y', '-env=C='], 'echo $A $B-$C-$PATH'),
    '1 x,y--/bin\n',
  )
  assert.equal(
    output(container, ['-u', '1000:2000', '-g', '30', '-g=40'], 'id -u; id -g; id -G'),
    '1000\n2000\n2000 30 40\n',
  )
  assert.equal(output(container, ['-u', '7'], 'id -u; id -g'), '7\n0\n')
})

testInside('--user takes numbers and nothing else', ({ id }) => {
  for (const user of ['', 'root', '1:', ':1', '1:x', '-1', '1:2:3', '0x1', '4294967296'])
    assert.match(
      scene.runt('exec', '--user', user, id, 'true').stderr,
      /^runt: .*(--user|user\.uid).*expected/,
      user,
    )
  assert.match(scene.runt('exec', '-g', 'wheel', id, 'true').stderr, /--additional-gids.*expected a number/)
})

testInside('--cap adds to the bounding, effective and permitted set, and to no other', (container) => {
  const before = capabilities(output(container, [], 'cat /proc/self/status'))
  const after = capabilities(output(container, ['--cap', 'CAP_SYS_TIME'], 'cat /proc/self/status'))
  const bit = 1n << 25n
  for (const set of ['Bnd', 'Eff', 'Prm'])
    assert.equal(BigInt(`0x${after[set]}`), BigInt(`0x${before[set]}`) | bit, set)
  assert.deepEqual([after.Inh, after.Amb], [before.Inh, before.Amb])
  assert.match(scene.runt('exec', '-c', 'CAP_FLY', container.id, 'true').stderr, /warning: .*CAP_FLY/)
})

testInside('--process is all of the process', (container) => {
  const file = join(scene.directory, 'process.json')
  const write = (more: object): void =>
    writeFileSync(
      file,
      JSON.stringify({ args: ['/bin/sh', '-c', 'id -u; pwd; echo $A; ulimit -n'], cwd: '/tmp', ...more }),
    )
  write({
    user: { uid: 5 },
    env: ['A=b', 'PATH=/bin'],
    rlimits: [{ type: 'RLIMIT_NOFILE', soft: 77, hard: 77 }],
  })
  const { status, stdout, stderr } = scene.runt('exec', '-p', file, container.id)
  assert.deepEqual([status, stdout, stderr], [0, '5\n/tmp\nb\n77\n', ''])
  write({ cwd: 'tmp' })
  const wrong = scene.runt('exec', '--process', file, container.id)
  assert.match(wrong.stderr, /^runt: .*process\.cwd.*\n$/)
  assert.equal(wrong.status, 255)
  writeFileSync(file, '{"args": [')
  assert.match(
    scene.runt('exec', '--process', file, container.id).stderr,
    /^runt: Cannot read ".*process.json": it is not JSON.*\n$/,
  )
})

testInside('--detach leaves it alone, and --pid-file says which it is', async ({ id }) => {
  const file = join(scene.directory, 'exec.pid')
  // What stays would hold a pipe open.
  const quiet = '"$@" </dev/null >detached 2>&1'
  const { status } = scene.shell(quiet, 'exec', '-detach', '--pid-file', 'exec.pid', id, 'sleep', '999')
  assert.deepEqual([status, readFileSync(join(scene.directory, 'detached'), 'utf8')], [0, ''])
  const pid = readFileSync(file, 'utf8')
  assert.match(pid, /^\d+$/)
  assert.equal(readFileSync(`/proc/${pid}/cmdline`, 'utf8'), 'sleep\x00999\0')
  assert.ok(JSON.parse(scene.runt('ps', '-f', 'json', id).stdout).includes(Number(pid)))
  // It is there whole or not at all, so there is nothing beside it.
  assert.deepEqual(
    readdirSync(scene.directory).filter((name) => name.startsWith('.')),
    [],
  )
})

testInside('a pid file that cannot be written ends the process', ({ id }) => {
  const { status, stderr } = scene.runt('exec', '-d', '--pid-file', '/nonexistent/pid', id, 'sleep', '998')
  assert.match(stderr, /^runt: Cannot write the pid file "\/nonexistent\/pid": ENOENT.*\n$/)
  assert.equal(status, 255)
  const { stdout } = scene.runt('exec', id, '/bin/sh', '-c', 'cat /proc/[0-9]*/cmdline')
  assert.ok(!stdout.includes('998'))
})

testInside('--preserve-fds hands on what the caller has open', async ({ id }) => {
  const file = join(scene.directory, 'handed-on')
  writeFileSync(file, 'from outside')
  const fd = openSync(file, 'r')
  const child = spawn(
    scene.path,
    [
      '--root',
      scene.root,
      'exec',
      '--preserve-fds',
      '2',
      id,
      '/bin/sh',
      '-c',
      'cat <&4; ls /proc/self/fd | wc -l',
    ],
    {
      stdio: ['ignore', 'pipe', 'inherit', fd, fd],
    },
  )
  let said = ''
  for await (const text of child.stdout ?? []) said += text
  closeSync(fd)
  assert.match(said, /^from outside *6\n$/)
  const missing = scene.runt('exec', '--preserve-fds', '1', id, 'true')
  assert.match(missing.stderr, /unable to stat preserved-fd/)
  assert.equal(missing.status, 255)
})

testInside('$LISTEN_FDS of this very process goes along', ({ id }) => {
  const script = `exec 3</dev/null; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"`
  const inside = 'echo $LISTEN_FDS $LISTEN_PID; test -e /proc/self/fd/3'
  const said = scene.shell(script, 'exec', id, '/bin/sh', '-c', inside)
  assert.deepEqual(said, { status: 0, stdout: '1 1\n', stderr: '' })
  const other = scene.shell(script.replace('$$', '1'), 'exec', id, '/bin/sh', '-c', 'echo $LISTEN_FDS')
  assert.deepEqual(other, { status: 0, stdout: '\n', stderr: '' })
})

testInside('a signal is passed on', async ({ id }) => {
  const script = `trap 'echo got it; exit 9' TERM; echo ready; while :; do sleep 0.01; done`
  const child = spawn(scene.path, ['--root', scene.root, 'exec', id, '/bin/sh', '-c', script])
  const ended = new Promise((resolve) => child.on('close', resolve))
  let said = ''
  for await (const text of child.stdout) {
    if (said === '') child.kill('SIGTERM')
    said += text
  }
  assert.equal(said, 'ready\ngot it\n')
  assert.equal(await ended, 9)
})

testInside('a paused container takes none, or later', async ({ id }) => {
  scene.runt('pause', id)
  const { status, stderr } = scene.runt('exec', id, 'true')
  assert.match(stderr, /cannot exec in a paused container \(use --ignore-paused to override\)/)
  assert.equal(status, 255)
  const child = spawn(scene.path, [
    '--root',
    scene.root,
    'exec',
    '--ignore-paused',
    id,
    '/bin/sh',
    '-c',
    'exit 6',
  ])
  const ended = new Promise((resolve) => child.on('close', resolve))
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.equal(child.exitCode, null)
  assert.equal(scene.runt('resume', id).status, 0)
  assert.equal(await ended, 6)
})

testInside('--cgroup is one below, by controller or all', ({ id }) => {
  const pids = join('/sys/fs/cgroup/pids', id, 'below')
  mkdirSync(pids)
  const stdout = output(
    { id, end: async () => undefined },
    ['--cgroup', 'pids:below'],
    'cat /proc/self/cgroup',
  )
  assert.match(stdout, /:pids:\/.*below$/m)
  assert.doesNotMatch(stdout, /:memory:.*below$/m)
  const refusals: readonly (readonly [string, RegExp])[] = [
    ['pids:../x', /bad sub cgroup path/],
    ['fly:x', /unknown controller fly/],
    ['pids:nowhere', /no such file or directory/],
    ['nowhere', /no such file or directory/],
    [':x', /--cgroup/],
  ]
  for (const [value, expected] of refusals) {
    const { status, stderr } = scene.runt('exec', '--cgroup', value, id, 'true')
    assert.match(stderr, expected)
    assert.equal(status, 255)
  }
})

test('a command must be given', options, async () => {
  const { id, end } = await scene.start()
  assert.match(scene.runt('exec', id).stderr, /expected ID COMMAND, or --process FILE and ID/)
  assert.equal(scene.runt('exec').status, 1)
  await end()
})

test('a container that is only created takes one, a stopped one none', options, () => {
  const id = `${scene.name}-created`
  writeConfig(scene.bundle, { command: 'exec sleep 1000', cgroupsPath: `/${id}` })
  assert.equal(scene.leave('create', '--bundle', scene.bundle, id).status, 0)
  assert.equal(scene.runt('exec', id, 'echo', 'early').stdout, 'early\n')
  assert.equal(scene.runt('kill', id, 'KILL').status, 0)
  while (JSON.parse(scene.runt('state', id).stdout).status !== 'stopped');
  const { status, stderr } = scene.runt('exec', id, 'true')
  assert.match(stderr, /^runt: .*cannot exec in a stopped container\n$/)
  assert.equal(status, 255)
  assert.equal(scene.runt('delete', id).status, 0)
})
