// Owns a place for tests of runt's commands: a bundle, a directory of states, and containers that run in the background
// until they are ended. All of it is below one scratch directory, and removed with it.

import { type ChildProcess, type SpawnSyncOptions, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { buildRunt } from './build-runt.ts'
import { type BundleOptions, makeBundle, writeConfig } from './bundle.ts'
import { removeTree } from './rootfs.ts'

export const skip =
  process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'

/** Of one command. */
const TIMEOUT_MS = 120_000

export interface Said {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** One that runs in the background. */
export interface Container {
  readonly id: string
  readonly end: () => Promise<void>
}

export class RuntScene {
  readonly name: string
  readonly directory = realpathSync(mkdtempSync(join(tmpdir(), 'runt-')))
  readonly root = join(this.directory, 'state')
  readonly bundle = join(this.directory, 'bundle')
  /** The executable; '' before the tests begin. */
  path = ''
  readonly #running: ChildProcess[] = []
  #count = 0

  constructor(name: string) {
    this.name = `runt-${name}-${process.pid}`
    before(() => {
      if (skip !== false) return
      this.path = buildRunt()
      mkdirSync(this.root)
      makeBundle(this.bundle, { command: 'true', cgroupsPath: `/${this.name}` })
    })
    after(() => {
      for (const child of this.#running) child.kill('SIGKILL')
      removeTree(this.directory)
    })
  }

  /** Runs one command to its end. */
  runt(...args: readonly string[]): Said {
    const options = { encoding: 'utf8', cwd: this.directory, timeout: TIMEOUT_MS } as const
    const { status, stdout, stderr } = spawnSync(this.path, ['--root', this.root, ...args], options)
    return { status, stdout, stderr }
  }

  /**
   * Runs a command to its end that leaves a container behind: what both of them write goes to a file, as a container
   * would keep a pipe open.
   */
  leave(...args: readonly string[]): { readonly status: number | null; readonly file: string } {
    const file = join(this.directory, `output-${++this.#count}`)
    const output = openSync(file, 'w')
    try {
      const options = { stdio: ['ignore', output, output], cwd: this.directory } satisfies SpawnSyncOptions
      const { status } = spawnSync(this.path, ['--root', this.root, ...args], options)
      return { status, file }
    } finally {
      closeSync(output)
    }
  }

  /** Runs one command to its end from a script, where it is `"$@"`. */
  shell(script: string, ...args: readonly string[]): Said {
    const words = ['-c', script, 'sh', this.path, '--root', this.root, ...args]
    const { status, stdout, stderr } = spawnSync('/bin/sh', words, {
      encoding: 'utf8',
      cwd: this.directory,
      timeout: TIMEOUT_MS,
    })
    return { status, stdout, stderr }
  }

  /** Starts `runt run` and waits for the container to say that it is ready. */
  async start(command = 'sleep 1000', more: Partial<BundleOptions> = {}): Promise<Container> {
    const id = `${this.name}-${++this.#count}`
    writeConfig(this.bundle, {
      // What runs in the background has been forked when it says so.
      command: `trap exit TERM; ${command} & echo ready; while :; do wait; done`,
      cgroupsPath: `/${id}`,
      ...more,
    })
    const child = spawn(this.path, ['--root', this.root, 'run', '--bundle', this.bundle, id], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#running.push(child)
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
    const isReady = new Promise<boolean>((resolve) => {
      child.stdout.on('data', (text) => String(text).includes('ready') && resolve(true))
      child.on('close', () => resolve(false))
    })
    if (!(await isReady)) throw new TypeError('the container ended without a word')
    const end = async (): Promise<void> => {
      child.kill('SIGTERM')
      await ended
    }
    return { id, end }
  }
}
