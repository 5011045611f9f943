// Owns which tests there are: `unit` needs no privileges, `privileged` is every other folder of test/. It lists
// sources, not build output, so that a test whose source is gone never runs again. It must run on any Node.
//   node tools/run-tests.mjs unit|privileged|FILE.test.ts...

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const unitFolders = ['src', 'test/tidy', 'test/golden']
/** For what hangs; a test on a slow machine under load may take many times of what it takes otherwise. */
const timeoutMs = 30 * 60_000

function testsUnder(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}

function testsNamed(names) {
  const [name] = names
  if (name === 'unit') return unitFolders.flatMap(testsUnder)
  if (name === 'privileged')
    return testsUnder('test').filter((path) => !unitFolders.some((folder) => path.startsWith(`${folder}/`)))
  return names.map((path) => relative(root, path))
}

/**
 * Privileged tests look at what the whole machine has: mounts, interfaces, processes. So their files run one after
 * another on every machine, as Node would have it on two CPUs. (The option is of Node 20.10.)
 */
function concurrencyOf([name]) {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const isKnown = major > 20 || (major === 20 && minor >= 10)
  return name === 'unit' || !isKnown ? [] : ['--test-concurrency=1']
}

const names = process.argv.slice(2)
const tests = testsNamed(names)
if (tests.length === 0) {
  console.log(`run-tests: there are no tests named "${names.join(' ')}"`)
  process.exit(names[0] === 'privileged' ? 0 : 1)
}
mkdirSync(join(root, 'build/totals'), { recursive: true })
const compiled = tests.map((path) => join('dist', path.replace(/\.ts$/, '.js')))
const { status, signal } = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    `--test-timeout=${timeoutMs}`,
    ...concurrencyOf(names),
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/totals-reporter.mjs',
    `--test-reporter-destination=build/totals/${names[0]?.replaceAll('/', '-')}.txt`,
    ...compiled,
  ],
  { cwd: root, stdio: 'inherit' },
)
if (signal !== null) console.error(`run-tests: ended by ${signal}`)
process.exit(status ?? 1)
