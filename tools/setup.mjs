// Owns the set-up of a fresh clone: Debian packages, npm packages, the native build and the TypeScript build.
// Each step first looks whether it has anything to do, says nothing if not, and depends on nothing that is not
// in Node itself. It must never do more than it says: no services, no files outside the clone but apt's own.
//   node tools/setup.mjs [debian|npm|native|typescript]...      (default: all, in this order)

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const inRoot = (path) => join(root, path)

/** Says what failed and what to do about it, and ends. */
function fail(message) {
  console.error(`setup: ${message}`)
  process.exit(1)
}

/** Runs a command and keeps its output to itself unless the command fails. */
function run(command, args, env = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (result.error !== undefined) return { ok: false, output: `${command}: ${result.error.message}` }
  return { ok: result.status === 0, output: result.stdout + result.stderr }
}

function mustRun(command, args, env) {
  const { ok, output } = run(command, args, env)
  if (!ok)
    fail(`"${[command, ...args].join(' ')}" failed:\n${output.trimEnd().split('\n').slice(-30).join('\n')}`)
}

function say(what, action) {
  const start = performance.now()
  console.log(`setup: ${what} ...`)
  action()
  console.log(`setup: done in ${((performance.now() - start) / 1000).toFixed(1)} s`)
}

function filesUnder(folder, wanted) {
  if (!existsSync(inRoot(folder))) return []
  return readdirSync(inRoot(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && wanted(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

/** One hash over names and contents: git checkouts and copies change times, never this. */
function hashOf(paths) {
  const hash = createHash('sha256').update(`${process.arch} ${root}`)
  for (const path of paths) hash.update(`\n${path}\n`).update(readFileSync(path))
  return hash.digest('hex')
}

/** Runs `action` unless `stamp` says that it was done for the same inputs and its outputs are still there. */
function once({ what, stamp, inputs, outputs, action }) {
  const hash = hashOf(inputs.filter((path) => existsSync(path)))
  const done =
    outputs.every((path) => existsSync(inRoot(path))) &&
    existsSync(inRoot(stamp)) &&
    readFileSync(inRoot(stamp), 'utf8') === hash
  if (done) return
  say(what, action)
  mkdirSync(dirname(inRoot(stamp)), { recursive: true })
  writeFileSync(inRoot(stamp), hash)
}

const onPath = (name) =>
  `${process.env.PATH ?? ''}${delimiter}/usr/sbin${delimiter}/sbin`
    .split(delimiter)
    .some((folder) => existsSync(join(folder, name)))

const isStaticBusybox = () =>
  existsSync('/bin/busybox') && !readFileSync('/bin/busybox').subarray(0, 4096).includes('ld-linux')

const hasStaticLibc = () =>
  existsSync('/usr/include/stdio.h') &&
  ['/usr/lib', ...readdirSync('/usr/lib').map((folder) => `/usr/lib/${folder}`)].some((folder) =>
    existsSync(join(folder, 'libc.a')),
  )

/** Debian package -> is what we need of it there? Looking for the thing itself keeps other distributions working. */
const needs = {
  gcc: () => onPath('cc'),
  make: () => onPath('make'),
  'libc6-dev': hasStaticLibc,
  'busybox-static': isStaticBusybox,
  iproute2: () => onPath('ip'),
  attr: () => onPath('getfattr'),
  uidmap: () => onPath('newuidmap'),
}

function debian() {
  const missing = Object.keys(needs).filter((name) => !needs[name]())
  if (missing.length === 0) return
  const command = `apt-get install ${missing.join(' ')}`
  if (!onPath('apt-get')) fail(`no apt-get here; install the equivalent of: ${command}`)
  if (process.getuid() !== 0) fail(`Debian packages are missing; as root: ${command}`)
  say(`installing Debian packages: ${missing.join(' ')}`, () => {
    const quiet = ['-qq', '-o', 'DPkg::Lock::Timeout=120']
    const install = ['install', '-y', '--no-install-recommends', ...quiet, ...missing]
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    if (run('apt-get', install, env).ok) return
    mustRun('apt-get', ['update', ...quiet], env)
    mustRun('apt-get', install, env)
  })
  const still = missing.filter((name) => !needs[name]())
  if (still.length > 0) fail(`installed ${still.join(' ')}, but what it should bring is not there`)
}

/** npm needs a home that it can write to; a service or a container may have none. */
function npmEnvironment() {
  try {
    accessSync(homedir(), constants.W_OK)
    return {}
  } catch {
    return { HOME: inRoot('build/home') }
  }
}

function npm() {
  once({
    what: 'installing npm packages',
    stamp: 'node_modules/.setup-stamp',
    inputs: [inRoot('package-lock.json')],
    outputs: ['node_modules'],
    action: () => mustRun('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], npmEnvironment()),
  })
}

function native() {
  if (!existsSync(inRoot('native/Makefile'))) return
  once({
    what: 'building the native layer',
    stamp: 'build/native/.setup-stamp',
    inputs: [...filesUnder('native', () => true), inRoot('node_modules/node-api-headers/package.json')],
    outputs: ['build/native/init', 'build/native/libcontainer.node'],
    action: () => mustRun('make', ['-C', 'native', '-j2', 'all']),
  })
}

function typescript() {
  const sources = ['src', 'test', 'bench', 'examples', 'tools'].flatMap((folder) =>
    filesUnder(folder, (name) => name.endsWith('.ts')),
  )
  once({
    what: 'compiling TypeScript',
    stamp: 'dist/.setup-stamp',
    inputs: [inRoot('tsconfig.json'), inRoot('package-lock.json'), ...sources],
    outputs: ['dist/src'],
    action: () =>
      mustRun(process.execPath, ['node_modules/@typescript/native/bin/tsc', '-p', 'tsconfig.json']),
  })
}

const steps = { debian, npm, native, typescript }

if (process.platform !== 'linux') fail('containers need Linux')
if (Number.parseInt(process.versions.node, 10) < 20)
  fail(`Node ${process.versions.node} is too old: 20 or newer`)
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps)
for (const name of wanted) {
  if (!Object.hasOwn(steps, name)) fail(`unknown step "${name}"; there are: ${Object.keys(steps).join(' ')}`)
  steps[name]()
}
