// Owns `npm run ok`: every gate that needs no privileges, in the order in which a failure is cheapest to hear of.
// All gates run even if one fails, so that one run tells everything. Each is a command that works by hand too.

import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folders = ['src', 'test', 'bench', 'examples', 'tools'].filter((folder) => existsSync(root + folder))

const gates = {
  'format and lint': ['biome', 'check', '--error-on-warnings', '--max-diagnostics=none'],
  types: ['tsc', '--project', 'tsconfig.json', '--pretty', 'false'],
  'core without Node': ['tsc', '--project', 'tsconfig.core.json', '--pretty', 'false'],
  'generated files': ['node', 'dist/tools/generate.js', '--check'],
  layers: ['depcruise', '--config', '.dependency-cruiser.mjs', '--output-type', 'err-long', ...folders],
  'unused code': ['knip', '--exclude', 'duplicates,binaries'],
  'unused files but by tests': ['knip', '--production', '--include', 'files'],
  'unit tests': ['node', 'tools/run-tests.mjs', 'unit'],
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Silent when all is well, but for the tests, whose list is worth seeing. */
function pass([command, ...args], loud) {
  const { status, error, stdout, stderr } = spawnSync(command === 'node' ? process.execPath : command, args, {
    cwd: root,
    env: { ...process.env, PATH: `${root}node_modules/.bin:${process.env.PATH}`, NO_COLOR: '1' },
    stdio: ['ignore', loud ? 'inherit' : 'pipe', loud ? 'inherit' : 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (error !== undefined) console.log(error.message)
  else if (status !== 0 && !loud) console.log(stdout + stderr)
  return status === 0
}

rmSync(`${root}build/totals`, { recursive: true, force: true })
const start = performance.now()
const failed = []
for (const [name, command] of Object.entries(gates)) {
  const began = performance.now()
  const ok = pass(command, name === 'unit tests')
  if (!ok) failed.push(name)
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${seconds(began)})`)
}
if (failed.length > 0) console.log(`\nFAILED: ${failed.join(', ')}`)
else console.log(`\nall ${Object.keys(gates).length} gates passed in ${seconds(start)}`)
process.exit(failed.length > 0 ? 1 : 0)
