// Owns the build of runt: TypeScript bundled, compiled to bytecode, and linked with the engine and the C core into
// one static executable. It does nothing when nothing changed, and writes below build/ only.
//   node tools/build-runt.mjs [--entry FILE] [--out FILE] [--sanitize]   (default: src/cli/main.ts, build/runt)

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, parse, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build as bundle } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const inRoot = (path) => join(root, path)
const engine = inRoot('build/quickjs')
const init = inRoot('build/native/init')

function fail(message) {
  throw new Error(message)
}

/** Runs a command; what it says is shown only if it fails. */
function run(command, args, cwd = root) {
  const { error, status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (error !== undefined) fail(`${command}: ${error.message}`)
  if (status !== 0) fail(`"${[command, ...args].join(' ')}" failed:\n${stdout}${stderr}`)
}

/** What the engine's source package needs to be unpacked and built: program -> Debian package. */
const programs = {
  'dpkg-source': 'dpkg-dev',
  xz: 'xz-utils',
  patch: 'patch',
  cc: 'gcc',
  ar: 'binutils',
  make: 'make',
}

function installMissingPackages() {
  const isThere = (program) => spawnSync('which', [program]).status === 0
  const missing = Object.keys(programs).filter((program) => !isThere(program))
  if (missing.length === 0) return
  const packages = missing.map((program) => programs[program])
  console.log(`build-runt: installing Debian packages: ${packages.join(' ')}`)
  run('apt-get', ['update', '-qq'])
  run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
}

const filesUnder = (folder) =>
  readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()

function commitOf() {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--verify', '-q', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  })
  return status === 0 ? stdout.trim() : 'unknown'
}

/** One hash over all that goes into the executable. */
function hashInputs(entry, options) {
  const sources = ['src', 'native', dirname(relative(root, entry))]
    .flatMap(filesUnder)
    .filter((path) => !path.endsWith('.test.ts'))
  const tools = ['tools/build-runt.mjs', 'tools/fetch-quickjs', 'package.json', 'package-lock.json'].map(
    inRoot,
  )
  const hash = createHash('sha256').update(JSON.stringify([process.arch, commitOf(), options]))
  for (const path of [...sources, ...tools]) hash.update(`\n${path}\n`).update(readFileSync(path))
  return hash.digest('hex')
}

/**
 * Bundles a module with all that it imports and really uses. What it loads with `import()` stays apart, and is given
 * to `found` as a path; it becomes "./NAME.js".
 */
async function bundleModule(entry, folder, found) {
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  const plugin = {
    name: 'runt',
    setup(esbuild) {
      esbuild.onResolve({ filter: /^\./ }, ({ path, resolveDir, kind }) => {
        const file = resolve(resolveDir, path)
        // Nothing in the product has an effect when it is imported (a tidy test sees to it): what is unused can go.
        if (kind !== 'dynamic-import') return { path: file, sideEffects: false }
        found(file)
        return { path: `./${moduleName(file)}`, external: true }
      })
    },
  }
  await bundle({
    entryPoints: [entry],
    outfile: join(folder, moduleName(entry)),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    define: { RUNT_VERSION: JSON.stringify(version), RUNT_COMMIT: JSON.stringify(commitOf()) },
    plugins: [plugin],
  }).catch(() => fail(`cannot bundle ${relative(root, entry)}`))
}

const moduleName = (file) => `${parse(file).name}.js`

/** Bytecode of a bundled module, as a C array. */
function compileModule(name, symbol, folder) {
  // What calls import() must keep the debug information: it says from where.
  const strip = /\bimport\(/.test(readFileSync(join(folder, name), 'utf8')) ? [] : ['-s']
  run(join(engine, 'qjsc'), ['-c', '-m', ...strip, '-N', symbol, '-o', `${symbol}.inc`, name], folder)
}

/** The entry and what it loads later, each as bytecode in C, with a table of them. */
async function compileModules(entry, folder) {
  const files = [entry]
  const found = (file) => files.includes(file) || files.push(file)
  for (const [index, file] of files.entries()) {
    await bundleModule(file, folder, found)
    compileModule(moduleName(file), `blob_${index}`, folder)
  }
  const lines = [
    '/* Made by tools/build-runt.mjs. */',
    '#include "host.h"',
    ...files.map((_, index) => `#include "blob_${index}.inc"`),
    'const struct blob runt_blobs[] = {',
    ...files.map((file, index) => `\t{"${moduleName(file)}", blob_${index}, &blob_${index}_size},`),
    '};',
    `const size_t runt_blob_count = ${files.length};`,
  ]
  writeFileSync(join(folder, 'blobs.c'), `${lines.join('\n')}\n`)
}

const warnings = `-Wall -Wextra -Werror -Wshadow -Wvla -Wstrict-prototypes -Wpointer-arith
  -Wno-unused-parameter -fmax-errors=3`
const release = `-O2 -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fno-asynchronous-unwind-tables
  -ffunction-sections -fdata-sections -static -s -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--build-id=none`
const sanitized =
  '-O1 -g -DRUNT_SANITIZED -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer'
const words = (text) => text.split(/\s+/)

function link(folder, out, { sanitize }) {
  const sources = ['native/host-quickjs', 'native/kernel']
    .flatMap(filesUnder)
    .filter((path) => /\.[cS]$/.test(path))
  run('cc', [
    ...words('-std=gnu11 -D_GNU_SOURCE'),
    ...words(warnings),
    ...words(sanitize ? sanitized : release),
    `-DINIT_PATH="${init}"`,
    `-I${inRoot('native/host-quickjs')}`,
    '-isystem',
    engine,
    ...sources,
    join(folder, 'blobs.c'),
    join(engine, 'libquickjs.a'),
    ...words('-lm -o'),
    out,
  ])
}

async function build(entry, out, options) {
  installMissingPackages()
  run(inRoot('tools/fetch-quickjs'), [])
  run('make', ['-C', inRoot('native'), 'init'])
  mkdirSync(dirname(out), { recursive: true })
  const folder = mkdtempSync(`${out}-`)
  try {
    await compileModules(entry, folder)
    link(folder, join(folder, 'linked'), options)
    // At one stroke: somebody may be building the same, or running it.
    renameSync(join(folder, 'linked'), out)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function main() {
  const { values } = parseArgs({
    options: {
      entry: { type: 'string' },
      out: { type: 'string' },
      sanitize: { type: 'boolean', default: false },
    },
  })
  const entry = resolve(values.entry ?? inRoot('src/cli/main.ts'))
  const out = resolve(values.out ?? inRoot('build/runt'))
  const options = { sanitize: values.sanitize }
  const stamp = `${out}.stamp`
  const hash = hashInputs(entry, options)
  if (existsSync(out) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return
  await build(entry, out, options)
  writeFileSync(stamp, hash)
}

await main().catch(({ message }) => {
  console.error(`build-runt: ${message}`)
  process.exitCode = 1
})
