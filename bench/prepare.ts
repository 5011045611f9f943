// Owns what must be there before anything is measured: runtimes, the floor, a root filesystem. It works outside of
// the private environment, below build/ only.

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DEFAULT_DEVICE_RULES } from 'libcontainer'
import { compileDeviceProgram } from '../src/cgroups/devices/compile-program.ts'
import { normalizeRule } from '../src/cgroups/devices/normal-rule.ts'
import { type Engine, librariesBelow, type Runtime, type Setting } from './runtimes.ts'

/** This file runs as dist/bench/prepare.js. */
export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url))
export const BUILD = join(REPOSITORY, 'build/bench')
const BUSYBOX = '/bin/busybox'
const C_FLAGS = ['-O2', '-std=gnu11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-static']

type Manifest = Readonly<
  Record<'runc' | 'crun' | 'bun' | 'node', { readonly path: string; readonly version: string }>
>

/** All but the layout, which only the private environment knows, and the directory of a run. */
export type Prepared = Omit<Setting, 'layout' | 'scratch'>

export function prepare(): Prepared {
  mkdirSync(BUILD, { recursive: true })
  const manifest = JSON.parse(must(join(REPOSITORY, 'tools/fetch-runtimes'))) as Manifest
  return {
    rootfs: makeRootfs(),
    script: fileURLToPath(new URL('run.js', import.meta.url)),
    floor: compile('floor', ['floor.c', 'container.c', 'cgroup.c', '../../native/kernel/clone3.S']),
    launcher: compile('launcher', ['launcher.c']),
    deviceProgram: writeDeviceProgram(),
    engines: findEngines(manifest),
    runtimes: findRuntimes(manifest),
  }
}

function must(command: string, ...args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status === 0) return stdout
  throw new Error(`${[command, ...args].join(' ')} failed: ${error?.message ?? stderr}`)
}

function compile(name: string, sources: readonly string[]): string {
  const file = join(BUILD, name)
  must('cc', ...C_FLAGS, '-o', file, ...sources.map((source) => join(REPOSITORY, 'bench/floor', source)))
  return file
}

function makeRootfs(): string {
  const rootfs = join(BUILD, 'rootfs')
  rmSync(rootfs, { recursive: true, force: true })
  for (const name of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'])
    mkdirSync(join(rootfs, name), { recursive: true })
  copyFileSync(BUSYBOX, join(rootfs, 'bin/busybox'))
  for (const name of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(rootfs, 'bin', name))
  return rootfs
}

function writeDeviceProgram(): string {
  const file = join(BUILD, 'device-program')
  writeFileSync(file, compileDeviceProgram(DEFAULT_DEVICE_RULES.map(normalizeRule)))
  return file
}

/** The Node that runs the bench, the newest one, and Bun. */
function findEngines({ node, bun }: Manifest): readonly Engine[] {
  const own = { name: `node ${process.versions.node}`, argv: [process.execPath] }
  const newest = { name: `node ${node.version}`, argv: [node.path] }
  return [
    own,
    ...(newest.name === own.name ? [] : [newest]),
    { name: `bun ${bun.version}`, argv: [bun.path] },
  ]
}

function findRuntimes({ crun, runc }: Manifest): readonly Runtime[] {
  const libraries = librariesBelow(join(REPOSITORY, 'build/runtimes/root'))
  const runtimes: Runtime[] = [
    { family: 'crun', ...crun, files: [crun.path, ...libraries] },
    { family: 'runc', ...runc, files: [runc.path, ...libraries] },
  ]
  const runt = join(REPOSITORY, 'build/runt')
  if (!existsSync(runt)) return runtimes
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
    version: string
  }
  return [{ family: 'runt', path: runt, version, files: [runt] }, ...runtimes]
}
