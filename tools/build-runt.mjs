// Owns the build of runt: TypeScript bundled, compiled to bytecode, linked with the engine and the C core into one
// static executable, and that executable's own snapshot of itself put into it. It does nothing when nothing changed,
// and writes below build/ only.
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
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build as bundle } from 'esbuild'
import { buildEngine, compileEngine } from './build-engine.mjs'
import { run } from './run-command.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const inRoot = (path) => join(root, path)
const engine = inRoot('build/quickjs')
const init = inRoot('build/native/init')
const product = 'src/cli/main.ts'

/** Most of a start with glibc is spent asking the processor what it is; and musl has no code chosen by processor. */
const musl = 'musl-gcc'
/** The kernel's headers, which musl does not bring. */
const kernelHeaders = [
  '/usr/include',
  `/usr/include/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`,
]

function fail(message) {
  throw new Error(message)
}

/** What is needed to fetch, unpack and build: program -> Debian package. */
const programs = {
  'dpkg-source': 'dpkg-dev',
  xz: 'xz-utils',
  patch: 'patch',
  cc: 'gcc',
  objcopy: 'binutils',
  make: 'make',
  [musl]: 'musl-tools',
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
  const args = ['rev-parse', '--verify', '-q', 'HEAD']
  const { status, stdout } = spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : 'unknown'
}

/** One hash over all that goes into the executable. */
function hashInputs(entry, options) {
  const sources = ['src', 'native', dirname(relative(root, entry))]
    .flatMap(filesUnder)
    .filter((path) => !path.endsWith('.test.ts'))
  const scripts = ['build-runt.mjs', 'build-engine.mjs', 'run-command.mjs', 'fetch-quickjs']
  const tools = [...scripts.map((name) => `tools/${name}`), 'package.json', 'package-lock.json']
  const hash = createHash('sha256').update(JSON.stringify([process.arch, commitOf(), options]))
  for (const path of [...sources, ...tools.map(inRoot)]) hash.update(`\n${path}\n`).update(readFileSync(path))
  return hash.digest('hex')
}

/** Nothing in the product has an effect when it is imported (a tidy test sees to it): what is unused can go. */
const importsHaveNoEffect = {
  name: 'imports-have-no-effect',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^\./ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path),
      sideEffects: false,
    }))
  },
}

/** The entry with all that it imports and really uses, as bytecode in C. */
async function compileProgram(entry, folder) {
  const { version } = JSON.parse(readFileSync(inRoot('package.json'), 'utf8'))
  await bundle({
    entryPoints: [entry],
    outfile: join(folder, 'runt.js'),
    bundle: true,
    // Names stay, for the stack of an error that should not be; constants go to where they are used.
    minifySyntax: true,
    format: 'esm',
    target: 'es2023',
    platform: 'neutral',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'error',
    define: { RUNT_VERSION: JSON.stringify(version), RUNT_COMMIT: JSON.stringify(commitOf()) },
    plugins: [importsHaveNoEffect],
  }).catch(() => fail(`cannot bundle ${relative(root, entry)}`))
  // Without lines: they are a seventh of the executable, and the stack of an error names its functions.
  const args = ['-c', '-s', '-m', '-N', 'runt_bytecode', '-o', 'bytecode.c', 'runt.js']
  run(join(engine, 'qjsc'), args, { cwd: folder })
}

/** What qjsc writes as an array of C. */
function readBytecode(folder) {
  const text = readFileSync(join(folder, 'bytecode.c'), 'latin1')
  return Buffer.from([...text.matchAll(/ 0x([0-9a-f]{2})\b/g)].map(([, byte]) => Number.parseInt(byte, 16)))
}

const words = (text) => text.split(/\s+/)
const warnings = words(`-Wall -Wextra -Werror -Wshadow -Wvla -Wstrict-prototypes -Wpointer-arith
  -Wno-unused-parameter -fmax-errors=3`)
const sanitized = words('-O1 -g -fsanitize=address -fno-omit-frame-pointer')
// At a fixed address: the snapshot points into the executable.
const release =
  words(`-O2 -fno-pie -no-pie -static -s -fstack-protector-strong -fno-asynchronous-unwind-tables
  -ffunction-sections -fdata-sections -DSNAPSHOT_IS_NOT_COUNTED
  -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--build-id=none`)
const engineFlags = words('-O2 -fno-asynchronous-unwind-tables -DSNAPSHOT_IS_NOT_COUNTED')

const isSource = (path) => /\.[cS]$/.test(path)

/** @param library the engine, compiled as the rest is */
function link({ compiler, flags, library, snapshotBytes, out }) {
  run(compiler, [
    ...words('-std=gnu11 -D_GNU_SOURCE'),
    ...warnings,
    ...flags,
    `-DINIT_PATH="${init}"`,
    `-DSNAPSHOT_BYTES=${snapshotBytes}`,
    '-isystem',
    engine,
    ...filesUnder('native/host-quickjs').filter(isSource),
    ...filesUnder('native/kernel').filter(isSource),
    ...library,
    '-lm',
    '-o',
    out,
  ])
}

/** With the engine seen by the sanitizer too. */
function linkSanitized(folder, out) {
  const library = compileEngine({ engine, folder, compiler: 'cc', flags: sanitized })
  const flags = [...sanitized, '-DRUNT_SANITIZED', join(folder, 'bytecode.c')]
  link({ compiler: 'cc', flags, library, snapshotBytes: pageBytes, out })
}

const pageBytes = 4096
const plentyBytes = 1 << 24

/** Links it with room for a snapshot, lets it make that from bytecode, and stores it. */
function linkWithSnapshot(folder, library, out, more = []) {
  const flags = [...release, ...more, ...kernelHeaders.flatMap((path) => ['-idirafter', path])]
  const bytecode = readBytecode(folder)
  const empty = join(folder, 'empty')
  const make = (snapshotBytes) => {
    link({ compiler: musl, flags, library, snapshotBytes, out: empty })
    return run(empty, [], { input: bytecode })
  }
  const snapshotBytes = Math.ceil(make(plentyBytes).length / pageBytes) * pageBytes
  const file = join(folder, 'snapshot')
  writeFileSync(file, Buffer.concat([make(snapshotBytes)], snapshotBytes))
  // A new file: one written over in small pieces stays in small pieces in memory, which takes a twentieth more time.
  run('objcopy', ['--update-section', `.snapshot=${file}`, empty, out])
}

/** The engine counts with runt itself, whatever is built. */
async function engineLibrary(folder) {
  await compileProgram(inRoot(product), folder)
  const link = (objects, flags, out) => linkWithSnapshot(folder, objects, out, flags)
  return [buildEngine({ engine, compiler: musl, flags: engineFlags, link })]
}

async function build(entry, out, { sanitize }) {
  installMissingPackages()
  run(inRoot('tools/fetch-quickjs'), [engine])
  run('make', ['-C', inRoot('native'), 'init'])
  mkdirSync(dirname(out), { recursive: true })
  const folder = mkdtempSync(`${out}-`)
  try {
    const made = join(folder, 'runt')
    const library = sanitize ? [] : await engineLibrary(folder)
    await compileProgram(entry, folder)
    if (sanitize) linkSanitized(folder, made)
    else linkWithSnapshot(folder, library, made)
    // At one stroke: somebody may be building the same, or running it.
    renameSync(made, out)
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
  const entry = resolve(values.entry ?? inRoot(product))
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
