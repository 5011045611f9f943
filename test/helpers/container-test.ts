// Owns how a test of the product looks: a directory, a root filesystem and a factory of its own, containers with ids
// and cgroups of their own, and the check that all of it could be taken down. Each test says why it is skipped.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Container,
  type ContainerConfig,
  Factory,
  isLibcontainerError,
  type LibcontainerError,
  type Process,
  type ProcessOptions,
} from 'libcontainer'
import { makeRootfs, removeTree } from './rootfs.ts'

/** What a process wrote, and how it ended. */
export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  /** As shells have it. */
  readonly status: number
}

/** The place of one test. */
export interface Box {
  readonly directory: string
  readonly rootfs: string
  readonly factory: Factory
  /** A container of this test, in the box's root filesystem unless the configuration has another one. */
  create(config?: Partial<ContainerConfig>): Promise<Container>
  /** Runs a shell script or a process in a new container, and destroys the container. */
  run(config: Partial<ContainerConfig>, process: string | ProcessOptions): Promise<Outcome>
  /** A cgroup path that nobody else has. */
  cgroupPath(): string
}

/** For what hangs; a slow machine under load may take many times of what a test takes otherwise. */
const TIMEOUT_MS = 300_000
const sandboxed = process.env.PRIVILEGED === '1'

/**
 * A privileged test. @param missing why it cannot run on this machine; false when it can
 */
export function containerTest(
  name: string,
  run: (box: Box) => Promise<void>,
  missing: string | false = false,
): void {
  const skip = sandboxed ? missing : 'it needs root and a place of its own: tools/privileged'
  test(name, { skip, timeout: TIMEOUT_MS }, async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), 'container-test-')))
    const created: Container[] = []
    try {
      await run(await openBox(directory, created))
    } finally {
      for (const container of created) await container.destroy()
      removeTree(directory)
    }
  })
}

async function openBox(directory: string, created: Container[]): Promise<Box> {
  const rootfs = join(directory, 'rootfs')
  mkdirSync(rootfs)
  makeRootfs(rootfs)
  const factory = await Factory.open(join(directory, 'state'))
  let count = 0
  const create = async (config: Partial<ContainerConfig> = {}): Promise<Container> => {
    const container = await factory.create(`test_${++count}`, { rootfs, ...config })
    created.push(container)
    return container
  }
  return {
    directory,
    rootfs,
    factory,
    create,
    run: async (config, process) => {
      const container = await create(config)
      const outcome = await finish(await container.start(asOptions(process)))
      await container.destroy()
      return outcome
    },
    cgroupPath: () => `/container-test-${process.pid}-${++count}`,
  }
}

/** A shell that runs a script, with the usual PATH and nothing on its standard input. */
export function shell(script: string): { args: string[]; env: string[]; stdin: 'ignore' } {
  return { args: ['/bin/sh', '-c', script], env: ['PATH=/bin'], stdin: 'ignore' }
}

function asOptions(process: string | ProcessOptions): ProcessOptions {
  return typeof process === 'string' ? shell(process) : process
}

/** Starts in a running container, and waits for the end. */
export async function runIn(container: Container, process: string | ProcessOptions): Promise<Outcome> {
  return finish(await container.start(asOptions(process)))
}

/** Reads all that a process writes, and waits for its end. */
export async function finish(process: Process): Promise<Outcome> {
  const read = async (stream: NodeJS.ReadableStream | null): Promise<string> =>
    stream === null ? '' : (await buffer(stream)).toString()
  const [stdout, stderr, { status }] = await Promise.all([
    read(process.stdout),
    read(process.stderr),
    process.wait(),
  ])
  return { stdout, stderr, status }
}

/** The output of a process that must have ended well. */
export async function output(outcome: Promise<Outcome>): Promise<string> {
  const { stdout, stderr, status } = await outcome
  assert.equal(status, 0, `exit status ${status}: ${stderr}${stdout}`)
  return stdout.trimEnd()
}

/** What must be refused: its error, with a code that is checked. */
export async function refused(
  promise: Promise<unknown>,
  code: LibcontainerError['code'],
): Promise<LibcontainerError> {
  try {
    await promise
  } catch (error) {
    assert.ok(isLibcontainerError(error), `not an error of ours: ${error}`)
    assert.equal(error.code, code, error.detail())
    return error
  }
  return assert.fail('nothing was refused')
}

const WAIT = 'trap "exit 0" TERM; while :; do /bin/sleep 1000 & wait $!; done'

/** A process that sleeps until it is killed. */
export const SLEEP: ProcessOptions = {
  args: ['/bin/sh', '-c', WAIT],
  env: ['PATH=/bin'],
  stdin: 'ignore',
  stdout: 'ignore',
  stderr: 'ignore',
}

/** The same, once it ends on SIGTERM: before it says so, process 1 of a pid namespace does not hear it. */
export async function startReady(container: Container): Promise<Process> {
  const process = await container.start({
    ...shell(`${WAIT.replace(';', '; echo ready;')}`),
    stderr: 'ignore',
  })
  await once(process.stdout, 'data')
  process.stdout.destroy()
  return process
}

/** Of a wait for what comes within moments, on a machine that is not busy with anything else. */
const PATIENCE_MS = 120_000

/** Waits for what must become true soon. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, `it never came to this: ${what}`)
    await sleep(2)
  }
}
