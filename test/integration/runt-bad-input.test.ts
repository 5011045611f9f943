// Tests that runt meets bad input with one clear line for people, one for programs, status 1, and nothing left behind.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { writeConfig } from '../helpers/bundle.ts'
import { assertNothingLeft, takeSnapshot } from '../helpers/leftovers.ts'
import { RuntScene, skip } from '../helpers/runt-scene.ts'

const options = { skip, timeout: 300_000 }
const scene = new RuntScene('bad')
const ID = scene.name
const scope = { root: scene.root, name: ID }
const log = join(scene.directory, 'log')

let good = ''
before(() => {
  if (skip !== false) return
  writeConfig(scene.bundle, { command: 'true', cgroupsPath: `/${ID}` })
  good = readFileSync(join(scene.bundle, 'config.json'), 'utf8')
  symlinkSync('rootfs', join(scene.bundle, 'link'))
  writeFileSync(join(scene.bundle, 'file'), '')
})

/** Runs a command on a config.json; it must fail in one line, which is returned. */
async function failureOf(text: string, ...args: readonly string[]): Promise<string> {
  writeFileSync(join(scene.bundle, 'config.json'), text)
  rmSync(log, { force: true })
  const taken = takeSnapshot(scope)
  const { status, stdout, stderr } = scene.runt('--log', log, '--log-format', 'json', ...args)
  assert.match(stderr, /^runt: [^\n]+\n$/)
  assert.deepEqual([status, stdout], [1, ''])
  const records = readFileSync(log, 'utf8').trim().split('\n')
  const errors = records.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error')
  assert.deepEqual(
    errors.map(({ msg }) => `runt: ${msg}\n`),
    [stderr],
  )
  await assertNothingLeft({ scope, before: taken }, args.join(' '))
  assert.deepEqual(readdirSync(scene.root), [])
  return stderr
}

const texts: Readonly<Record<string, readonly [text: () => string, expected: RegExp]>> = {
  'no JSON': [() => 'hello', /Cannot read "config\.json": it is not JSON/],
  nothing: [() => '', /it is not JSON/],
  'a cut end': [() => good.slice(0, -20), /it is not JSON/],
  'another type': [() => '["ociVersion"]', /a runtime specification, as a plain object/],
  'another type still': [() => 'null', /a runtime specification, as a plain object/],
  'fifty megabytes': [() => `{"x":"${'x'.repeat(50 << 20)}"}`, /"config\.json": EFBIG.*file too large/],
  'a hundred thousand levels': [() => '['.repeat(100_000), /it is not JSON/],
  'an own prototype': [() => `{"__proto__": ${good}}`, /ociVersion/],
  'a prototype of annotations': [() => good.replace('{', '{"annotations":{"__proto__":"x"},'), /__proto__/],
  'version 2': [() => good.replace('"1.2.0"', '"2.0.0"'), /ociVersion.*version 1/],
}

for (const [name, [text, expected]] of Object.entries(texts))
  test(`a config.json that is ${name}`, options, async () => {
    for (const command of ['create', 'run'])
      assert.match(await failureOf(text(), command, '--bundle', scene.bundle, ID), expected)
    assert.match(await failureOf(text(), 'explain', '--bundle', scene.bundle), expected)
  })

const fields: readonly (readonly [field: string, value: unknown, expected: RegExp])[] = [
  ['process.args', 'sh', /process\.args/],
  ['process.args', [], /process\.args/],
  ['process.args', ['a\0b'], /process\.args/],
  ['process.cwd', 'tmp', /process\.cwd/],
  ['process.user.uid', '0', /process\.user\.uid/],
  ['process.user.uid', -1, /process\.user\.uid/],
  ['process.user.gid', 1.5, /process\.user\.gid/],
  ['process.env', { A: 'b' }, /process\.env/],
  ['process.rlimits.0.soft', 'x', /process\.rlimits\[0\]\.soft/],
  ['root', 'rootfs', /root/],
  ['root', null, /root/],
  ['mounts', {}, /mounts/],
  ['mounts.2.type', 'nosuchfs', /nosuchfs/],
  ['mounts.2.options', ['bind', 'nosuchoption'], /mounts\[2\]/],
  ['linux.namespaces', 'pid', /linux\.namespaces/],
  ['linux.namespaces.0.type', 'fly', /linux\.namespaces\[0\]\.type/],
  ['linux.namespaces.0.path', '/etc/passwd', /"\/etc\/passwd"/],
  ['linux.resources.pids.limit', 'x', /linux\.resources\.pids\.limit/],
  ['linux.cgroupsPath', 5, /linux\.cgroupsPath/],
  ['root.path', 'nowhere', /nowhere.*it does not exist/],
  ['root.path', 'link', /link.*symbolic link/],
  ['root.path', 'file', /file.*not a directory/],
]

for (const [field, value, expected] of fields)
  test(`a field that is wrong: ${field} is ${JSON.stringify(value)}`, options, async () => {
    const config = JSON.parse(good)
    const keys = field.split('.')
    const last = keys.pop() ?? ''
    keys.reduce((object, key) => object[key], config)[last] = value
    assert.match(await failureOf(JSON.stringify(config), 'create', '--bundle', scene.bundle, ID), expected)
  })

for (const id of ['..', '.', '../x', 'a/b', '/', '', 'a b', 'ä', 'a\nb', ',new-1', 'x'.repeat(2000)])
  test(`an id that is none: ${JSON.stringify(id.slice(0, 20))}`, options, async () => {
    for (const args of [
      ['create', '-b', scene.bundle, id],
      ['state', id],
      ['delete', '--force', id],
    ])
      assert.match(await failureOf(good, ...args), /invalid container ID format\n$/)
  })

test('a bundle without a config.json, or with a directory of that name', options, async () => {
  const bundle = join(scene.directory, 'empty')
  mkdirSync(bundle)
  assert.match(
    await failureOf(good, 'create', '-b', bundle, ID),
    /"config\.json": ENOENT: no such file or directory\n$/,
  )
  mkdirSync(join(bundle, 'config.json'))
  assert.match(await failureOf(good, 'create', '-b', bundle, ID), /"config\.json": EISDIR: is a directory\n$/)
})
