// Tests that the core is plain ECMAScript, by running its own unit tests in QuickJS: all of src but the Node host, and
// but those that read files.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { build } from 'esbuild'
import { buildProgram, root } from '../helpers/build-runt.ts'

const NEEDS_NODE = /helpers\/libseccomp|from 'node:(?!test'|assert\/strict')|\bBuffer\b/
const AT_LEAST = 100

const folder = join(root, 'build/test/units')

function unitTests(): readonly string[] {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts') && !path.startsWith('node/'))
    .map((path) => join(root, 'src', path))
    .filter((path) => !NEEDS_NODE.test(readFileSync(path, 'utf8')))
    .sort()
}

/** What fast-check and some tests expect of every engine, and QuickJS does not have. */
const GLOBALS = `
globalThis.setTimeout = globalThis.clearTimeout = () => undefined
globalThis.TextEncoder = class { encode(text) { return globalThis.kernel.encodeText(text) } }
globalThis.TextDecoder = class { decode(bytes) { return globalThis.kernel.decodeText(bytes) } }
`

const program = (tests: readonly string[]): string => `
import { suite } from '${join(root, 'test/helpers/quickjs-test.ts')}'
${tests.map((path) => `import '${path}'`).join('\n')}
export async function main(kernel) {
  const say = (text) => kernel.call(kernel.arch === 'x86_64' ? 1 : 64, 1, kernel.encodeText(text), kernel.encodeText(text).length)
  globalThis.kernel = kernel
  for (const { name, run } of suite.tests) {
    try { await run({ name }) } catch (error) { say('not ok: ' + name + ': ' + error + '\\n' + error?.stack) }
  }
  say(suite.tests.length + ' tests\\n')
  return 0
}`

test('the unit tests of the core pass in QuickJS', { timeout: 300_000 }, async () => {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'entry.mjs'), program(unitTests()))
  await build({
    entryPoints: [join(folder, 'entry.mjs')],
    outfile: join(folder, 'program/units.mjs'),
    bundle: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    nodePaths: [join(root, 'node_modules')],
    banner: { js: GLOBALS },
    alias: {
      'node:test': join(root, 'test/helpers/quickjs-test.ts'),
      'node:assert/strict': join(root, 'test/helpers/quickjs-assert.ts'),
    },
  })
  const executable = buildProgram('build/test/units/program/units.mjs', 'units-program')
  const { status, stdout, stderr } = spawnSync(executable, { encoding: 'utf8' })
  assert.deepEqual([status, stderr], [0, ''])
  const count = Number(/^(\d+) tests$/m.exec(stdout)?.[1])
  assert.equal(stdout, `${count} tests\n`)
  assert.ok(count >= AT_LEAST, `only ${count} tests`)
})
