// Tests of what is published, installed elsewhere without a registry and without install scripts: the files, the
// library, and the command runt, by the executable and, where there is none, on Node and Bun.

import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, before, test } from 'node:test'
import { buildRunt, root } from '../helpers/build-runt.ts'
import { makeBundle, writeConfig } from '../helpers/bundle.ts'
import { until } from '../helpers/container-test.ts'
import { removeTree } from '../helpers/rootfs.ts'
import { skip } from '../helpers/runt-scene.ts'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'packages-')))
const bundle = join(directory, 'bundle')
const name = `packages-${process.pid}`
const timeout = 300_000
const options = { skip, timeout } as const
const optionsFor = (program: string) =>
  existsSync(program) ? options : { skip: `${program} is not there: tools/fetch-runtimes` }

/** How the package gets there: with all that is compiled in it, or as two packages. */
const kinds = {
  'one package': (to: string) => {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', to], { cwd: root })
  },
  'a package and that of the platform': (to: string) => {
    execFileSync('node', [join(root, 'tools/make-packages.mjs'), to])
  },
} as const
type Kind = keyof typeof kinds

const project = (kind: Kind): string => join(directory, kind.replaceAll(' ', '-'))

/** Every regular file below a folder, by its path from there. */
const filesBelow = (folder: string): string[] =>
  execFileSync('find', ['.', '-type', 'f', '-printf', '%P\n'], { cwd: folder, encoding: 'utf8' })
    .trim()
    .split('\n')

function install(kind: Kind): void {
  const at = project(kind)
  mkdirSync(at)
  const tarballs = mkdtempSync(join(directory, 'tarballs-'))
  kinds[kind](tarballs)
  writeFileSync(join(at, 'package.json'), '{ "private": true, "type": "module" }')
  const made = readdirSync(tarballs).map((file) => join(tarballs, file))
  const args = ['install', '--silent', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', ...made]
  execFileSync('npm', [...args, '--cache', join(directory, 'cache')], { cwd: at, stdio: 'pipe' })
}

before(() => {
  if (skip !== false) return
  buildRunt()
  makeBundle(bundle, { command: 'true', cgroupsPath: `/${name}` })
  for (const kind of Object.keys(kinds)) install(kind as Kind)
})
after(() => removeTree(directory))

/** What runs the command without an executable: its name in PATH, and where it is. */
const engines = {
  'this Node': ['node', process.execPath],
  'the newest Node': ['node', join(root, 'build/runtimes/bin/node')],
  Bun: ['bun', join(root, 'build/runtimes/bin/bun')],
} as const

/** A PATH with one engine in it, and what bin/runt calls. */
function pathWith(engine: string, program: string): string {
  const folder = join(directory, `path-${engine}-${readdirSync(directory).length}`)
  mkdirSync(folder)
  symlinkSync(realpathSync(program), join(folder, engine))
  for (const tool of ['sh', 'readlink', 'uname', 'env']) symlinkSync(`/bin/busybox`, join(folder, tool))
  return folder
}

/** Runs the command as it was installed. */
function runt(kind: Kind, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const at = join(project(kind), 'node_modules/.bin/runt')
  const { status, stdout, stderr } = spawnSync(at, ['--root', join(directory, 'state'), ...args], {
    cwd: directory,
    encoding: 'utf8',
    timeout,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return { status, stdout, stderr }
}

function configure(command: string): string {
  writeConfig(bundle, { command, cgroupsPath: `/${name}` })
  return name
}

/** The whole life of containers, as a person and as a caller of OCI runtimes has it. */
function live(kind: Kind, env: NodeJS.ProcessEnv): void {
  const run = (...args: readonly string[]) => runt(kind, args, env)
  const id = configure('echo here; exit 7')
  assert.deepEqual(run('run', '--bundle', bundle, id), { status: 7, stdout: 'here\n', stderr: '' })
  configure('exec sleep 1000')
  const quiet = { stdio: 'ignore', timeout, cwd: directory, env: { PATH: process.env.PATH, ...env } } as const
  const command = join(project(kind), 'node_modules/.bin/runt')
  const create = ['--root', join(directory, 'state'), 'create', '--bundle', bundle, id]
  assert.equal(spawnSync(command, create, quiet).status, 0)
  assert.equal(JSON.parse(run('state', id).stdout).status, 'created')
  assert.equal(run('start', id).status, 0)
  assert.deepEqual(run('exec', id, 'echo', 'in'), { status: 0, stdout: 'in\n', stderr: '' })
  assert.equal(run('list', '--quiet').stdout, `${id}\n`)
  assert.equal(JSON.parse(run('ps', '--format', 'json', id).stdout).length, 1)
  assert.equal(run('update', '--pids-limit', '20', id).status, 0)
  assert.equal(JSON.parse(run('events', '--stats', id).stdout).data.pids.limit, 20)
  assert.equal(run('kill', id, 'KILL').status, 0)
  assert.equal(run('delete', '--force', id).status, 0)
  assert.equal(run('state', id).status, 1)
  assert.match(run('features').stdout, /"runt.version": "\d/)
}

/** What carries out `runt run` while it is in the foreground, and the end that a signal makes. */
async function observeForeground(kind: Kind, env: NodeJS.ProcessEnv): Promise<[string, number | null]> {
  const id = configure("trap 'exit 42' TERM; echo ready; while :; do sleep 0.01; done")
  const args = ['--root', join(directory, 'state'), 'run', '--bundle', bundle, id]
  const child = spawn(join(project(kind), 'node_modules/.bin/runt'), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, ...env },
    timeout,
  })
  let said = ''
  child.stdout.on('data', (bytes) => {
    said += bytes
  })
  const end = new Promise<number | null>((resolve) => child.on('exit', resolve))
  await until('ready', () => said.includes('ready'))
  const program = readlinkSync(`/proc/${child.pid}/exe`)
  child.kill('SIGTERM')
  return [program, await end]
}

for (const kind of Object.keys(kinds) as Kind[]) {
  test(`${kind}: what ships is what is used`, options, () => {
    const modules = join(project(kind), 'node_modules')
    const files = filesBelow(modules).filter((path) => !path.startsWith('.'))
    const unused = files.filter((path) => /\.test\.|\.map$|tsbuildinfo|\.ts$(?<!\.d\.ts)/.test(path))
    assert.deepEqual(unused, [])
    assert.equal(files.filter((path) => path.endsWith('/libcontainer.node')).length, 1)
    // The link of the command lies in .bin.
    assert.equal(files.filter((path) => path.endsWith('/runt')).length, 2)
    for (const path of ['bin/runt', 'dist/src/index.js', 'dist/src/index.d.ts', 'dist/src/core.d.ts'])
      assert.ok(existsSync(join(modules, 'libcontainer', path)), path)
  })

  test(`${kind}: the library is imported by its names`, options, () => {
    const program = "import { Factory } from 'libcontainer'; import { CoreFactory } from 'libcontainer/core'"
    const open = `await Factory.open('${join(directory, 'library')}')`
    const more = `; const f = ${open}; console.log(typeof CoreFactory, (await f.list()).length)`
    const args = ['--input-type=module', '-e', program + more]
    const said = spawnSync('node', args, { cwd: project(kind), encoding: 'utf8' })
    assert.deepEqual([said.stdout, said.stderr], ['function 0\n', ''])
  })

  test(`${kind}: runt is the executable, and no Node is left`, options, async () => {
    // npx is what people type.
    const said = execFileSync('npx', ['--offline', 'runt', '--version'], { cwd: project(kind) })
    assert.match(String(said), /^runt version \d.*\ncommit: [0-9a-f]{40}\nspec: /)
    live(kind, {})
    const [program, status] = await observeForeground(kind, {})
    assert.doesNotMatch(basename(program), /node|bun/)
    assert.equal(status, 42)
  })

  for (const [title, [engine, program]] of Object.entries(engines))
    test(`${kind}: without the executable runt runs on ${title}`, optionsFor(program), async () => {
      const env = { PATH: pathWith(engine, program) }
      const executables = filesBelow(project(kind)).filter((path) => /\/(build|linux-\w+)\/runt$/.test(path))
      assert.equal(executables.length, 1)
      const [at = ''] = executables.map((path) => join(project(kind), path))
      const aside = `${at}-aside`
      execFileSync('mv', [at, aside])
      try {
        live(kind, env)
        const [running, status] = await observeForeground(kind, env)
        assert.equal(running, realpathSync(program))
        assert.equal(status, 42)
      } finally {
        execFileSync('mv', [aside, at])
      }
    })
}
