// Tests the examples and the demo as a user runs them: what they print, that they end well, and that nothing is left.

import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { containerTest } from '../helpers/container-test.ts'
import { hiddenFromUsers } from '../helpers/ordinary-user.ts'

const root = join(import.meta.dirname, '../../..')

/** What each folder's program must print, and must not. */
const EXPECTED: Readonly<Record<string, readonly RegExp[]>> = {
  'ci-job': [
    /checkout \| Makefile/,
    /build ! warning: no compiler/,
    /test ended with 3\n$/,
    /^(?![\s\S]*never reached)/,
  ],
  demo: [
    /hello from testing: I am process 1/,
    /uid=1\(daemon\)/,
    /status "paused": its counter stood at (\d+), and 300 ms later at \1\n/,
    /left of it: 0 cgroups, 0 states/,
  ],
  explain: [/^parent +start init .*CLONE_NEWNS/m, /^init +execute "\/bin\/sh" +process\.args/m],
  sandbox: [
    /6 times 7 is 42/,
    /endless loop: took too long/,
    /fork bomb: exit code 2\n.*can't fork/,
    /memory hog: SIGKILL/,
    /Network is unreachable/,
  ],
  'share-directory': [/Read-only file system/, /lines counted: 3\nlines in the input: 3\n$/],
  'two-programs': [
    /found "service", running, started by the first program/,
    /now it is destroyed, and there are 0 containers\n$/,
  ],
}

function startExample(name: string): ChildProcess {
  return spawn(process.execPath, [`dist/examples/${name}/main.js`], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

/** Cgroups and files that an example would have left. */
function traces(): readonly string[] {
  const own = /^libcontainer-(demo|example|sandbox|job)/
  const hierarchies = ['.', ...readdirSync('/sys/fs/cgroup')].map((name) => join('/sys/fs/cgroup', name))
  return [tmpdir(), ...hierarchies].flatMap((path) => {
    const names = existsSync(path) && !path.endsWith('.control') ? entriesOf(path) : []
    return names.filter((name) => own.test(name)).map((name) => join(path, name))
  })
}

function entriesOf(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

containerTest('every folder of examples is tested, and listed in their README', async () => {
  const folders = readdirSync(join(root, 'examples'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  )
  assert.deepEqual(folders.map(({ name }) => name).sort(), Object.keys(EXPECTED).sort())
  const readme = execFileSync('cat', [join(root, 'examples/README.md')], { encoding: 'utf8' })
  for (const { name } of folders) assert.ok(readme.includes(`[${name}](${name}/main.ts)`), name)
})

for (const [name, patterns] of Object.entries(EXPECTED)) {
  containerTest(`the example "${name}" does what it says`, async () => {
    const child = startExample(name)
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout as NodeJS.ReadableStream),
      text(child.stderr as NodeJS.ReadableStream),
      once(child, 'exit'),
    ])
    assert.deepEqual([exitCode, stderr], [0, ''], stdout)
    for (const pattern of patterns) assert.match(stdout, pattern)
    assert.deepEqual(traces(), [])
  })
}

containerTest('the demo takes everything back on Ctrl-C, whenever it comes', async () => {
  for (const waitMs of [200, 300, 400, 600, 900]) {
    const child = startExample('demo')
    const ended = Promise.all([text(child.stderr as NodeJS.ReadableStream), once(child, 'exit')])
    child.stdout?.resume()
    await sleep(waitMs)
    // Twice, as npm hands on what the terminal has sent already.
    child.kill('SIGINT')
    child.kill('SIGINT')
    const [said] = await ended
    assert.ok(said === '' || said === 'demo: ended by SIGINT\n', said)
    assert.deepEqual(traces(), [], `after ${waitMs} ms`)
  }
})

containerTest(
  'the demo says in one line what is missing',
  async () => {
    const run = (...command: readonly string[]): string => {
      const [program, ...args] = [...command, process.execPath, 'dist/examples/demo/main.js']
      try {
        execFileSync(program as string, args, { cwd: root, stdio: 'pipe', encoding: 'utf8' })
        return ''
      } catch (error) {
        return (error as { stderr: string }).stderr
      }
    }
    assert.equal(
      run('setpriv', '--reuid=65534', '--clear-groups'),
      'demo: only root can do this (sudo npm run demo)\n',
    )
    const withoutCgroups = run('unshare', '-m', 'sh', '-c', 'umount -l /sys/fs/cgroup && exec "$@"', 'sh')
    assert.match(withoutCgroups, /^demo: .*no cgroup file system is mounted.*\n$/)
  },
  hiddenFromUsers(),
)
