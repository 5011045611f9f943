// Owns the proof that the layer rules bite: a throw-away tree breaks each rule once, and every rule must report just
// that. It also keeps the rules complete: no folder of src without a layer, no rule without its violation here.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const configFile = join(root, '.dependency-cruiser.mjs')

interface Rule {
  readonly name: string
  readonly from: { readonly path?: string | readonly string[] }
}

const { default: config } = (await import(pathToFileURL(configFile).href)) as {
  readonly default: { readonly forbidden: readonly Rule[] }
}

/** Files that break rules: each breaks those that it names and no others. */
const violations: readonly { file: string; text: string; breaks: readonly string[] }[] = [
  { file: 'src/errors.ts', text: "import '../src/config/a.ts'", breaks: ['layer-0-imports-nothing'] },
  { file: 'src/abi/a.ts', text: "import '../system/ok.ts'", breaks: ['layer-0-imports-nothing'] },
  { file: 'src/json/a.ts', text: "import '../config/ok.ts'", breaks: ['layer-0-imports-nothing'] },
  { file: 'src/config/b.ts', text: "import type {} from '../protocol/ok.ts'", breaks: ['layer-1-model'] },
  { file: 'src/protocol/b.ts', text: "import '../config/ok.ts'", breaks: ['layer-1-model'] },
  { file: 'src/oci/b.ts', text: "import '../seccomp/ok.ts'", breaks: ['layer-2-compilers'] },
  {
    file: 'src/userdb/b.ts',
    text: "import type {} from '../system/ok.ts'",
    breaks: ['layer-2-compilers', 'pure-by-reachability'],
  },
  {
    file: 'src/plan/b.ts',
    text: "import type {} from '../cgroups/ok.ts'",
    breaks: ['layer-3-plan', 'pure-by-reachability'],
  },
  { file: 'src/system/b.ts', text: "import type {} from '../config/ok.ts'", breaks: ['layer-4-system'] },
  { file: 'src/cgroups/b.ts', text: "import type {} from '../network/ok.ts'", breaks: ['layer-5-drivers'] },
  { file: 'src/state/b.ts', text: "import '../plan/ok.ts'", breaks: ['layer-5-drivers'] },
  { file: 'src/resctrl/b.ts', text: "import type {} from '../network/ok.ts'", breaks: ['layer-5-drivers'] },
  { file: 'src/launch/b.ts', text: "import '../container/ok.ts'", breaks: ['layer-6-launch'] },
  {
    file: 'src/launch/c.ts',
    text: "import '../cgroups/ok.ts'",
    breaks: ['launch-takes-drivers-by-interface'],
  },
  { file: 'src/container/b.ts', text: "import '../core.ts'", breaks: ['layer-7-container'] },
  {
    file: 'src/core.ts',
    text: "export type {} from './plan/ok.ts'; import type {} from './node/ok.ts'; import './plan/ok.ts'",
    breaks: ['core-lends-no-driver', 'layer-8-core'],
  },
  { file: 'src/index.ts', text: "import './container/ok.ts'", breaks: ['layer-9-node'] },
  { file: 'src/node/b.ts', text: "import '../system/ok.ts'; import 'node:fs'", breaks: ['layer-9-node'] },
  { file: 'src/cli/b.ts', text: "import '../node/ok.ts'", breaks: ['layer-9-cli'] },
  { file: 'src/cli/c.ts', text: "import '../errors.ts'", breaks: ['layer-9-cli'] },
  {
    file: 'src/runt-on-node.ts',
    text: "import './container/ok.ts'; import 'node:fs'",
    breaks: ['layer-9-runt-on-node'],
  },
  { file: 'src/system/c.ts', text: "import 'node:fs'", breaks: ['core-is-plain-ecmascript'] },
  {
    file: 'src/config/c.ts',
    text: "import type {} from 'fs'",
    breaks: ['core-is-plain-ecmascript', 'pure-by-reachability'],
  },
  { file: 'src/system/d.ts', text: "import 'fast-check'", breaks: ['no-packages-at-runtime'] },
  { file: 'src/system/e.ts', text: "import './gone.ts'", breaks: ['no-unresolved'] },
  { file: 'src/system/f.ts', text: "import type {} from './g.ts'", breaks: ['no-cycles'] },
  { file: 'src/system/h.ts', text: 'export const alone = 1', breaks: ['no-orphans'] },
  { file: 'src/system/i.ts', text: "import './i.test.ts'", breaks: ['product-imports-no-tests'] },
  { file: 'bench/b.ts', text: "import '../test/a.ts'", breaks: ['product-imports-no-tests'] },
  { file: 'examples/b.ts', text: "import '../bench/b.ts'", breaks: ['product-imports-no-tools'] },
  {
    file: 'examples/c.ts',
    text: "import '../src/container/ok.ts'",
    breaks: ['examples-use-the-public-entry'],
  },
]

/** What breaks nothing: a leaf per folder that the violations above can import. */
const leaves = 'config protocol oci seccomp plan system cgroups network container node'.split(' ')

const tree = mkdtempSync(join(tmpdir(), 'layers-'))
after(() => rmSync(tree, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true })
  writeFileSync(join(tree, file), `${text}\nexport {}\n`)
}

/** The violations that dependency-cruiser reports in the throw-away tree: file -> sorted rule names. */
function cruise(): Map<string, string[]> {
  const { stdout, stderr } = spawnSync(
    join(root, 'node_modules/.bin/depcruise'),
    ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', 'src', 'bench', 'examples'],
    { cwd: tree, encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  assert.notEqual(stdout, '', stderr)
  const found = new Map<string, string[]>()
  for (const { from, rule } of JSON.parse(stdout).summary.violations) {
    const names = found.get(from) ?? []
    if (!names.includes(rule.name)) names.push(rule.name)
    found.set(from, names.sort())
  }
  return found
}

test('every layer rule reports its violation and nothing else', () => {
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'))
  symlinkSync(configFile, join(tree, '.dependency-cruiser.mjs'))
  symlinkSync(join(root, 'tsconfig.json'), join(tree, 'tsconfig.json'))
  symlinkSync(join(root, 'package.json'), join(tree, 'package.json'))
  write('src/config/a.ts', "import './ok.ts'")
  write('src/system/i.test.ts', "import 'node:test'")
  write('src/system/g.ts', "import type {} from './f.ts'")
  write('test/a.ts', "import 'node:test'")
  for (const folder of leaves) write(`src/${folder}/ok.ts`, '')
  write('src/every-leaf.test.ts', leaves.map((folder) => `import './${folder}/ok.ts'`).join('\n'))
  for (const { file, text } of violations) write(file, text)
  const expected = violations.map(({ file, breaks }) => [file, breaks.toSorted()])
  assert.deepEqual(Object.fromEntries(cruise()), Object.fromEntries(expected))
})

test('every layer rule is broken above', () => {
  const broken = new Set(violations.flatMap(({ breaks }) => breaks))
  const unproven = config.forbidden.map(({ name }) => name).filter((name) => !broken.has(name))
  assert.deepEqual(unproven, [])
})

test('every file and folder of src has a layer', () => {
  const layers = config.forbidden.filter(({ name }) => name.startsWith('layer-'))
  const unlayered = readdirSync(join(root, 'src'), { withFileTypes: true })
    .map((entry) => `src/${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter((path) => !path.endsWith('.test.ts'))
    .filter((path) => !layers.some(({ from }) => [from.path ?? []].flat().some((own) => path.match(own))))
  assert.deepEqual(unlayered, [])
})
