// Tests of the command line of runt that need no privileges: its rules, its help, its exit statuses.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt, root } from '../helpers/build-runt.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runt-command-line-'))
after(() => rmSync(scratch, { recursive: true }))

let runt = ''
before(() => {
  runt = buildRunt()
})

function run(...args: readonly string[]): readonly [status: number | null, stdout: string, stderr: string] {
  const { status, stdout, stderr } = spawnSync(runt, args, { encoding: 'utf8' })
  return [status, stdout, stderr]
}

test('--version is read by its first three lines', () => {
  const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'))
  const [status, stdout, stderr] = run('--version')
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(stdout, /^runt version \S+\ncommit: \S+\nspec: 1\.\d+\.\d+\n$/)
  assert.ok(stdout.startsWith(`runt version ${version}\n`))
  assert.deepEqual(run('-v'), run('--version'))
  assert.deepEqual(run('-version'), run('--version'))
})

test('--help tells what there is', () => {
  const [status, stdout, stderr] = run('--help')
  assert.deepEqual([status, stderr], [0, ''])
  for (const word of ['run', 'explain', '--root DIR', '--version']) assert.ok(stdout.includes(word), word)
  assert.deepEqual(run('-h'), run('--help'))
  assert.deepEqual(run(), run('--help'))
  assert.match(
    run('run', '--help')[1],
    /^NAME:\n {2}runt run - .*^USAGE:\n {2}runt run .*ID\n.*--bundle DIR.*^EXAMPLES:\n/ms,
  )
  assert.deepEqual(run('help'), run('--help'))
  assert.deepEqual(run('help', 'run'), run('run', '--help'))
  assert.ok(!stdout.includes('--criu'), 'what is hidden is not told')
})

test('an unknown command is 3', () => {
  const [status, stdout, stderr] = run('fly', 'me')
  assert.deepEqual([status, stdout], [3, ''])
  assert.match(stderr, /^runt: No help topic for 'fly'.*\n$/)
})

const mistakes: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['--fly'], /"--fly": there is no such option/],
  [['-x'], /"-x": there is no such option/],
  [['run', '--fly', 'id'], /"--fly": there is no such option/],
  [['run', '--constructor', 'id'], /there is no such option/],
  [['--root'], /"--root": a value must follow/],
  [['--log-format', 'xml', 'run', 'a'], /"--log-format": expected text or json, got "xml"/],
  [['--log', '/nonexistent/log', 'run', 'a'], /Cannot open the log.*ENOENT.*no such file or directory/],
  [['help', 'fly'], /"fly": there is no such command/],
  [['run', '--bundle'], /"--bundle": a value must follow/],
  [['--version=maybe'], /expected true or false/],
  [['run'], /expected ID/],
  [['run', 'a', 'b'], /expected ID/],
  [['explain', 'a'], /expected nothing/],
  [['run', '-b', '/nonexistent', 'a'], /Cannot enter bundle "\/nonexistent": ENOENT/],
  [['--root', '/', 'run', '-b', '/nonexistent', 'a'], /ENOENT/],
]

for (const [args, expected] of mistakes)
  test(`one line and status 1: runt ${args.join(' ')}`, () => {
    const [status, stdout, stderr] = run(...args)
    assert.match(stderr, /^runt: [^\n]+\n$/)
    assert.match(stderr, expected)
    assert.deepEqual([status, stdout], [1, ''])
  })

/** What a failing command writes to its log and to standard error. */
function logOf(...options: readonly string[]): readonly [log: string, stderr: string] {
  const file = join(scratch, 'log')
  rmSync(file, { force: true })
  const [status, stdout, stderr] = run('--log', file, ...options, 'run', '-b', '/nonexistent', 'a')
  assert.deepEqual([status, stdout], [1, ''])
  return [readFileSync(file, 'utf8'), stderr]
}

const FAILURE = 'Cannot enter bundle "/nonexistent": ENOENT: no such file or directory'
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/

test('an error is logged as runc does it, and told to people too', () => {
  const [json, stderr] = logOf('--log-format=json')
  assert.match(json, /^\{"level":"error","msg":".*","time":".*"\}\n$/)
  const { level, msg, time } = JSON.parse(json)
  assert.deepEqual([level, msg, stderr], ['error', FAILURE, `runt: ${FAILURE}\n`])
  assert.match(time, TIME)
  const [text, said] = logOf()
  const [, when, what] = /^time="(.*?)" level=error msg="(.*)"\n$/.exec(text) ?? []
  assert.match(when ?? '', TIME)
  assert.deepEqual([what, said], [FAILURE.replaceAll('"', '\\"'), `runt: ${FAILURE}\n`])
})

test('without a file, lines for programs go to standard error', () => {
  const [status, , stderr] = run('--log-format', 'json', 'run', '-b', '/nonexistent', 'a')
  assert.deepEqual([status, JSON.parse(stderr).msg], [1, FAILURE])
})

test('--debug logs each error in every detail', () => {
  const records = logOf('--debug', '--log-format', 'json')[0]
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    records.map(({ level }) => level),
    ['error', 'debug'],
  )
  assert.match(records[1].msg, /code: SystemError\n.*syscall: chdir\n.*errno: ENOENT/s)
  assert.equal(logOf('--log-level', 'error')[0].split('\n').length, 2)
})

test('a log is appended to, and for everyone to read', () => {
  const file = join(scratch, 'appended')
  for (let n = 1; n <= 2; n++) {
    run('--log', file, 'run', '-b', '/nonexistent', 'a')
    assert.equal(readFileSync(file, 'utf8').match(/level=error/g)?.length, n)
  }
  assert.equal(statSync(file).mode & 0o777, 0o644 & ~process.umask())
})

test('what an old caller still gives is passed over with a warning', () => {
  const [, , stderr] = run('--criu', '/usr/sbin/criu', 'run', '-b', '/nonexistent', 'a')
  assert.match(stderr, /^runt: warning: --criu .*\nrunt: Cannot enter bundle/)
})

test('options may follow the words of a command, but not those of a program', () => {
  assert.deepEqual(run('run', 'a', '--help'), run('run', '--help'))
  assert.match(run('exec', 'a', 'ls', '--help')[2], /does not exist/)
  assert.match(run('run', '--', '--help')[2], /config\.json/)
})

test('a flag may be said to be false', () => {
  assert.equal(run('--version=false', '--help=true')[1], run('--help')[1])
})
