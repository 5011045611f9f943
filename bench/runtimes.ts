// Owns how each contender does each action: the library by a worker per engine, OCI runtimes by their command lines,
// the floor by its C program. Every run's exit code is checked; a contender whose first run fails is left out.

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Action, Family, TimedCase } from './cases.ts'
import { COMMAND, floorContainer, IDLE_COMMAND, ociConfig, SHORT_COMMAND } from './container.ts'
import type { Layout } from './layout.ts'
import { Peer } from './peer.ts'

export interface Contender {
  readonly name: string
  readonly family: Family
  /** Runs so often, one after another: milliseconds of each. @throws Error when one of them fails */
  measure(count: number): Promise<readonly number[]>
  close(): Promise<void>
}

export interface Engine {
  /** `node 20.20.2` */
  readonly name: string
  /** The program and its options, before the script. */
  readonly argv: readonly string[]
}

export interface Runtime {
  readonly family: Family
  readonly path: string
  readonly version: string
  /** What it loads at its start: for a cold one. */
  readonly files: readonly string[]
}

/** What all contenders of a run are made from. */
export interface Setting {
  readonly layout: Layout
  readonly rootfs: string
  readonly script: string
  readonly floor: string
  readonly launcher: string
  readonly deviceProgram: string
  /** For bundles and descriptions; on a tmpfs. */
  readonly scratch: string
  readonly engines: readonly Engine[]
  readonly runtimes: readonly Runtime[]
}

export function contendersOf(setting: Setting, timed: TimedCase): readonly Contender[] {
  return timed.families.flatMap((family): Contender[] => {
    if (family === 'library')
      return setting.engines.map((engine) => libraryContender(setting, engine, timed.action))
    if (family === 'floor') return [timed.via === 'node' ? floorLoop(setting) : floorCommand(setting)]
    const runtime = setting.runtimes.find((one) => one.family === family)
    return runtime === undefined ? [] : [commandContender(setting, runtime, timed)]
  })
}

export function libraryPeer({ layout, rootfs, script }: Setting, { name, argv }: Engine): Peer {
  const limits = layout.hasLimits ? 'limits' : 'no-limits'
  return new Peer(name, [...argv, script, '--worker', rootfs, limits])
}

export function floorPeer(setting: Setting, index = 0): Peer {
  return new Peer('floor', [setting.floor, describeFloor(setting, index), 'serve'])
}

function libraryContender(setting: Setting, engine: Engine, action: Action): Contender {
  const peer = libraryPeer(setting, engine)
  const verb = action === 'run' ? 'start' : 'exec'
  return {
    name: engine.name,
    family: 'library',
    measure: async (count) => (await peer.ask<{ times: number[] }>(`${verb} ${count}`)).times,
    close: () => peer.close(),
  }
}

function floorLoop(setting: Setting): Contender {
  const peer = floorPeer(setting)
  return {
    name: 'floor',
    family: 'floor',
    measure: async (count) => (await peer.ask<{ times: number[] }>(`start ${count}`)).times,
    close: () => peer.close(),
  }
}

function floorCommand(setting: Setting): Contender {
  const launcher = new Peer('launcher', [setting.launcher])
  const argv = [setting.floor, describeFloor(setting, 0), 'once']
  return {
    name: 'floor',
    family: 'floor',
    measure: (count) => timeByLauncher(launcher, argv, count),
    close: () => launcher.close(),
  }
}

/** Writes the floor's description; each `index` is a container of its own. @returns the file */
function describeFloor({ layout, rootfs, deviceProgram, scratch }: Setting, index: number): string {
  const file = join(scratch, `floor-${index}`)
  writeFileSync(file, floorContainer(rootfs, `floor-${index}`, layout, deviceProgram))
  return file
}

async function timeByLauncher(
  launcher: Peer,
  argv: readonly string[],
  count: number,
): Promise<readonly number[]> {
  return (await launcher.ask<{ times: number[] }>(`time ${count}\t${argv.join('\t')}`)).times
}

const RUNS = {
  once: { options: [], args: [COMMAND] },
  short: { options: [], args: SHORT_COMMAND },
  detached: { options: ['--detach'], args: IDLE_COMMAND },
} as const

/** The command lines of an OCI runtime, for the container `index`. */
export class CommandLines {
  readonly #runtime: Runtime
  readonly #setting: Setting
  readonly id: string

  constructor(setting: Setting, runtime: Runtime, index = 0) {
    this.#runtime = runtime
    this.#setting = setting
    this.id = `${runtime.family}-${index}`
  }

  /** `run` of the command that ends at once, or of the idle one in the background. */
  run(kind: keyof typeof RUNS): readonly string[] {
    const { options, args } = RUNS[kind]
    return this.#line('run', ...options, '--bundle', this.#bundle(args), this.id)
  }

  of(action: Action): readonly string[] {
    switch (action) {
      case 'run':
        return this.run('once')
      case 'exec':
        return this.#line('exec', this.id, COMMAND)
      case 'state':
        return this.#line('state', this.id)
      case 'kill':
        return this.#line('kill', this.id, 'CONT')
      case 'delete':
        return this.#line('delete', '--force', this.id)
    }
  }

  #line(...words: readonly string[]): readonly string[] {
    return [this.#runtime.path, '--root', join('/run/bench', this.#runtime.family), ...words]
  }

  #bundle(args: readonly string[]): string {
    const { scratch, rootfs, layout } = this.#setting
    const directory = join(scratch, `${this.id}-${args.join('-').replaceAll('/', '')}`)
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'config.json'), ociConfig(rootfs, this.id, layout.hasLimits, args))
    return directory
  }
}

function commandContender(setting: Setting, runtime: Runtime, timed: TimedCase): Contender {
  const launcher = new Peer('launcher', [setting.launcher])
  const lines = new CommandLines(setting, runtime)
  const { action } = timed
  const argv = lines.of(action)
  const needsRunning = action !== 'run' && action !== 'delete'
  const drop = (): Promise<unknown> => launcher.ask(`drop\t${runtime.files.join('\t')}`)
  let isRead = false
  let isRunning = false
  const once = async (): Promise<number> => {
    if (timed.isCold) await drop()
    if (action === 'delete') await timeByLauncher(launcher, lines.run('detached'), 1)
    return (await timeByLauncher(launcher, argv, 1))[0] ?? Number.NaN
  }
  const many = async (count: number): Promise<readonly number[]> => {
    if (timed.via === 'node') return repeat(count, () => timeSpawn(argv))
    return timed.isCold || action === 'delete' ? repeat(count, once) : timeByLauncher(launcher, argv, count)
  }
  return {
    name: runtime.family,
    family: runtime.family,
    measure: async (count) => {
      // How a file came into the page cache, written or read, in small or large parts, is a twentieth of an exec.
      if (!isRead) await drop()
      if (!isRead) for (const file of runtime.files) readFileSync(file)
      isRead = true
      if (needsRunning && !isRunning) {
        await timeByLauncher(launcher, lines.run('detached'), 1)
        isRunning = true
      }
      return many(count)
    },
    close: async () => {
      if (isRunning) await timeByLauncher(launcher, lines.of('delete'), 1)
      await launcher.close()
    },
  }
}

async function repeat(count: number, action: () => Promise<number>): Promise<readonly number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) times.push(await action())
  return times
}

const SPAWN_TIMEOUT_MS = 60_000

/** As a user of Node starts a runtime today. */
function timeSpawn([file = '', ...args]: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(file, args, { stdio: 'ignore', timeout: SPAWN_TIMEOUT_MS })
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      const time = performance.now() - start
      if (code === 0) resolve(time)
      else reject(new Error(`${[file, ...args].join(' ')}: ended with ${signal ?? code}`))
    })
  })
}

/** All files below a directory that a loader may open. */
export function librariesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.includes('.so'))
    .map((entry) => join(entry.parentPath, entry.name))
}
