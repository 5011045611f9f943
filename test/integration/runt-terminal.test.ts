// Tests runt where a process has a terminal: shown on the caller's own, which is given back in every case; handed to
// a console socket; and what runc refuses.

import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { ConsoleListener, ended, HostPty } from '../helpers/host-pty.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('terminal')
let count = 0

const command = (...args: readonly string[]): readonly string[] => [scene.path, '--root', scene.root, ...args]

/** A configuration with a terminal, and an id for it. */
function configure(script: string, process: object = { terminal: true }): string {
  const id = `${scene.name}-t${++count}`
  writeConfig(scene.bundle, { command: script, cgroupsPath: `/${id}`, process: { ...process } })
  return id
}

/** Someone at a terminal who starts `runt run` there. */
function testAt(
  name: string,
  body: (pty: HostPty, run: (script: string) => ChildProcess) => Promise<void>,
): void {
  test(name, options, async () => {
    const pty = new HostPty(101, 37)
    try {
      await body(pty, (script) => pty.spawn(command('run', '-b', scene.bundle, configure(script))))
    } finally {
      pty.close()
    }
  })
}

testAt(
  'run: what the container shows is shown here, line by line, in a window of this size',
  async (pty, run) => {
    const before = pty.mode()
    assert.equal(await ended(run('tty; stty size; echo two; exit 5')), 5)
    await pty.sees('two\r\n')
    assert.equal(pty.text, '/dev/pts/0\r\n37 101\r\ntwo\r\n')
    assert.equal(pty.mode(), before)
  },
)

testAt(
  'run: keys go to the container, one by one; ^C is its affair; the window follows',
  async (pty, run) => {
    const before = pty.mode()
    const child = run(
      'trap "echo interrupted" INT; trap "stty size" WINCH; trap "exit 8" QUIT; echo ready; while :; do read x && echo got $x; done',
    )
    await pty.sees('ready')
    assert.notEqual(pty.mode(), before)
    pty.terminal.write('hello\r')
    await pty.sees('hello\r\ngot hello\r\n')
    pty.terminal.write('\x03')
    await pty.sees('^Cinterrupted')
    pty.terminal.resize({ columns: 50, rows: 20 })
    await pty.sees('20 50')
    pty.terminal.write('\x1c')
    assert.equal(await ended(child), 8)
    assert.equal(pty.mode(), before)
  },
)

testAt(
  'the terminal is given back: after SIGTERM, a kill of the container, and a start that failed',
  async (pty, run) => {
    const before = pty.mode()
    const first = run('trap "exit 9" TERM; echo ready 1; while :; do sleep 0.05; done')
    await pty.sees('ready 1')
    first.kill('SIGTERM')
    assert.equal(await ended(first), 9)
    assert.equal(pty.mode(), before)
    const second = run('echo ready 2; sleep 1000')
    await pty.sees('ready 2')
    assert.equal(scene.runt('kill', `${scene.name}-t${count}`, 'KILL').status, 0)
    assert.equal(await ended(second), 137)
    assert.equal(pty.mode(), before)
    const id = configure('', { terminal: true, args: ['/no/such/command'] })
    assert.equal(await ended(pty.spawn(command('run', '-b', scene.bundle, id))), 1)
    await pty.sees('no such file or directory')
    assert.equal(pty.mode(), before)
  },
)

testAt('with a hundred thousand lines nothing is lost at the end', async (pty, run) => {
  assert.equal(await ended(run('seq 100000')), 0)
  await pty.sees('\n100000\r\n')
  assert.equal(pty.text.split('\r\n').length, 100_001)
})

testAt(
  'exec -t: a shell with job control; it does not wait for others who hold the terminal',
  async (pty) => {
    const container = await scene.start()
    try {
      const before = pty.mode()
      const shell = pty.spawn(command('exec', '-t', '-e', 'PS1=$ ', container.id, 'sh', '-i'))
      await pty.sees(/\$ $/)
      pty.terminal.write('stty size; tty\r')
      await pty.sees('37 101\r\n/dev/pts/0\r\n')
      assert.ok(!pty.text.includes('job control'), pty.text)
      pty.terminal.write('exit 4\r')
      assert.equal(await ended(shell), 4)
      const script = '(trap "" HUP; sleep 1000) & echo left'
      assert.equal(await ended(pty.spawn(command('exec', '--tty', container.id, 'sh', '-c', script))), 0)
      await pty.sees('left')
      assert.equal(pty.mode(), before)
    } finally {
      await container.end()
    }
  },
)

testAt('streams that are no terminal: what is read is typed, what is shown is written', async (pty) => {
  const id = configure('read x; echo got $x')
  const child = pty.spawn(command('run', '-b', scene.bundle, id), { stdin: 'pipe', stdout: 'pipe' })
  child.stdin?.end('a line\n')
  const [output, status] = await Promise.all([text(child.stdout as NodeJS.ReadableStream), ended(child)])
  // Without a terminal to make line ends, there are those of the container.
  assert.deepEqual([output, status], ['a line\ngot a line\n', 0])
  const idle = configure('echo done')
  assert.equal(await ended(pty.spawn(command('run', '-b', scene.bundle, idle), { stdin: 'ignore' })), 0)
  await pty.sees('done\r\n')
})

testAt('a reader that goes away does not hold the container up', async (pty) => {
  const id = configure('seq 100000; exit 6')
  const child = pty.spawn(command('run', '-b', scene.bundle, id), { stdout: 'pipe' })
  child.stdout?.once('data', () => child.stdout?.destroy())
  assert.equal(await ended(child), 6)
})

test('without any terminal there is nowhere to show one, and nothing is left', options, () => {
  const id = configure('true')
  const { status, stderr } = scene.shell('setsid -w "$@"', 'run', '-b', scene.bundle, id)
  assert.equal(status, 1)
  assert.match(stderr, /^runt: Cannot open "\/dev\/tty": ENXIO/)
  assert.equal(existsSync(join(scene.root, id)), false)
})

test('what runc refuses is refused, in its words', options, async () => {
  const id = configure('true')
  const without = 'cannot allocate tty if runc will detach without setting console socket'
  const socket = 'cannot use console socket if runc will not detach or allocate tty'
  const says = (reason: string, ...args: readonly string[]): void => {
    const { status, stderr } = scene.runt(...args)
    assert.notEqual(status, 0)
    assert.ok(stderr.includes(reason), stderr)
  }
  says(without, 'run', '-d', '-b', scene.bundle, id)
  says(without, 'create', '-b', scene.bundle, id)
  says(socket, 'run', '--console-socket', 's', '-b', scene.bundle, id)
  says('"/nowhere": ENOENT', 'create', '--console-socket', '/nowhere/s', '-b', scene.bundle, id)
  const plain = configure('true', {})
  says(socket, 'create', '--console-socket', 's', '-b', scene.bundle, plain)
  const container = await scene.start()
  try {
    says(without, 'exec', '-d', '-t', container.id, 'true')
    says(socket, 'exec', '-d', '--console-socket', 's', container.id, 'true')
    says(socket, 'exec', '-t', '--console-socket', 's', container.id, 'true')
  } finally {
    await container.end()
  }
  assert.equal(existsSync(join(scene.root, id)), false)
})

test('console socket: create, run -d and exec -d send the terminal, and leave', options, async () => {
  const listener = new ConsoleListener(join(scene.directory, 'tty.sock'))
  const socket = ['--console-socket', 'tty.sock']
  const process = { terminal: true, consoleSize: { height: 11, width: 22 } }
  try {
    const created = configure('echo started; stty size; read x; echo got $x', process)
    assert.equal(scene.leave('create', ...socket, '-b', scene.bundle, created).status, 0)
    const first = await listener.receive()
    assert.equal(first.name, '/dev/ptmx')
    assert.deepEqual(first.terminal.size(), { columns: 22, rows: 11 })
    assert.equal(scene.runt('start', created).status, 0)
    let shown = ''
    first.terminal.setEncoding('utf8').on('data', (chunk: string) => {
      shown += chunk
    })
    await until('its window', () => shown === 'started\r\n11 22\r\n')
    first.terminal.write('typed\n')
    await until('its end', () => first.terminal.destroyed)
    assert.equal(shown, 'started\r\n11 22\r\ntyped\r\ngot typed\r\n')
    assert.equal(scene.runt('delete', '--force', created).status, 0)

    const running = configure('echo up; sleep 1000')
    assert.equal(scene.leave('run', '-d', ...socket, '-b', scene.bundle, running).status, 0)
    const second = await listener.receive()
    assert.deepEqual(second.terminal.size(), { columns: 0, rows: 0 })
    assert.equal(scene.leave('exec', '-d', '-t', ...socket, running, 'tty').status, 0)
    const third = await listener.receive()
    assert.equal(await text(third.terminal), '/dev/pts/1\r\n')
    assert.equal(scene.runt('delete', '--force', running).status, 0)
    assert.equal(await text(second.terminal), 'up\r\n')
  } finally {
    listener.close()
  }
})

test('a listener that is gone fails the start, and nothing is left', options, async () => {
  const path = join(scene.directory, 'gone.sock')
  new ConsoleListener(path).close()
  const id = configure('sleep 1000')
  const { status, stderr } = scene.runt('run', '-d', '--console-socket', path, '-b', scene.bundle, id)
  assert.equal(status, 1)
  assert.match(stderr, /gone\.sock": ECONNREFUSED/)
  assert.equal(existsSync(join(scene.root, id)), false)
  await until('no process is left', () => !readFileSync('/proc/mounts', 'utf8').includes(id))
})
