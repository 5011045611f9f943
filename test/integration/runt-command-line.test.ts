// Tests of the command line of runt that need no privileges: its rules, its help, its exit statuses.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { buildRunt, root } from '../helpers/build-runt.ts'

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
  assert.match(run('run', '--help')[1], /^Usage: runt run .*ID\n.*--bundle DIR/s)
})

test('an unknown command is 3', () => {
  const [status, stdout, stderr] = run('fly', 'me')
  assert.deepEqual([status, stdout], [3, ''])
  assert.match(stderr, /^runt: .*"fly".*\n$/)
})

const mistakes: readonly (readonly [args: readonly string[], expected: RegExp])[] = [
  [['--fly'], /"--fly": there is no such option/],
  [['-x'], /"-x": there is no such option/],
  [['run', '--fly', 'id'], /"--fly": there is no such option/],
  [['run', '--constructor', 'id'], /there is no such option/],
  [['--root'], /"--root": a value must follow/],
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

test('reading stops at the first word that is no option', () => {
  assert.match(run('run', 'a', '--help')[2], /expected ID/)
  assert.match(run('run', '--', '--help')[2], /config\.json/)
})

test('a flag may be said to be false', () => {
  assert.equal(run('--version=false', '--help=true')[1], run('--help')[1])
})
