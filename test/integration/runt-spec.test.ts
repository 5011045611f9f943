// Tests of `runt spec`: the file is what runc writes, it is never written over, and a container runs from it.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt } from '../helpers/build-runt.ts'
import { RUNC, withoutRunc } from '../helpers/reference-runtime.ts'

const scratch = mkdtempSync(join(tmpdir(), 'runt-spec-'))
after(() => rmSync(scratch, { recursive: true }))
let runt = ''
before(() => {
  runt = buildRunt()
})

let count = 0

/** What a runtime writes into a directory of its own. */
function specOf(runtime: string, ...args: readonly string[]): string {
  const cwd = join(scratch, String(++count))
  mkdirSync(cwd)
  const { status, stdout, stderr } = spawnSync(runtime, ['spec', ...args], { cwd, encoding: 'utf8' })
  assert.deepEqual([status, stdout, stderr], [0, '', ''])
  return readFileSync(join(cwd, 'config.json'), 'utf8')
}

for (const args of [[], ['--rootless']])
  test(`spec ${args.join(' ')} is that of runc, but for its name and version`, { skip: withoutRunc }, () => {
    const ours = specOf(runt, ...args)
      .replace(/"ociVersion": ".*?"/, '"ociVersion": "1.2.1"')
      .replace('"hostname": "runt"', '"hostname": "runc"')
    assert.equal(ours, specOf(RUNC, ...args))
  })

test('it is never written over', () => {
  const bundle = join(scratch, 'bundle')
  mkdirSync(bundle)
  const write = () => spawnSync(runt, ['spec', '--bundle', bundle], { encoding: 'utf8' })
  assert.equal(write().status, 0)
  const file = join(bundle, 'config.json')
  assert.equal(statSync(file).mode & 0o777, 0o666 & ~process.umask())
  const { status, stderr } = write()
  assert.match(stderr, /^runt: .*File config\.json exists\. Remove it first.*\n$/)
  assert.equal(status, 1)
})

test('a directory that is not there', () => {
  const { status, stderr } = spawnSync(runt, ['spec', '-b', '/nonexistent'], { encoding: 'utf8' })
  assert.match(stderr, /^runt: Cannot enter bundle "\/nonexistent": ENOENT.*\n$/)
  assert.equal(status, 1)
})

test('features has what runc has, in its form', { skip: withoutRunc }, () => {
  const [ours, theirs] = [runt, RUNC].map((runtime) => {
    const { status, stdout } = spawnSync(runtime, ['features'], { encoding: 'utf8' })
    assert.equal(status, 0)
    assert.match(stdout, /^\{\n {4}"ociVersionMin": "1\.0\.0",\n/)
    assert.ok(stdout.endsWith('}\n'))
    return JSON.parse(stdout)
  })
  assert.deepEqual(ours.hooks, theirs.hooks)
  assert.deepEqual(ours.linux.namespaces, theirs.linux.namespaces)
  assert.deepEqual(ours.linux.seccomp.operators, theirs.linux.seccomp.operators)
  for (const key of Object.keys(theirs.linux))
    assert.equal(typeof ours.linux[key], typeof theirs.linux[key], key)
  // runc takes it and does nothing.
  const lacking = theirs.mountOptions.filter((option: string) => !ours.mountOptions.includes(option))
  assert.deepEqual(lacking, ['iversion'])
})
