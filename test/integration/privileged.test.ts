// Tests that the place of the privileged tests is taken down, whoever ends it and how often he says so.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from '../helpers/build-runt.ts'
import { until } from '../helpers/container-test.ts'

const skip = process.env.PRIVILEGED === '1' ? false : 'it needs root and a place of its own: tools/privileged'

/** The cgroups that it has made, at the top of every hierarchy. */
function cgroupsOf({ pid }: ChildProcess): readonly string[] {
  const top = '/sys/fs/cgroup'
  const folders = ['.', ...readdirSync(top, { withFileTypes: true }).flatMap(folderName)]
  return folders.flatMap((folder) =>
    readdirSync(join(top, folder)).filter((name) => name.startsWith(`libcontainer-test-${pid}-`)),
  )
}

const folderName = (entry: { readonly name: string; isDirectory(): boolean }): readonly string[] =>
  entry.isDirectory() ? [entry.name] : []

/** Starts it with a command that sleeps, as the leader of a process group. */
async function startSleeping(): Promise<ChildProcess> {
  const child = spawn(`${root}tools/privileged`, ['sh', '-c', 'echo ready; sleep 1000 & sleep 1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  assert.notEqual(cgroupsOf(child).length, 0)
  return child
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  test(`tools/privileged leaves nothing after ${signal}, as timeout(1) sends it`, { skip }, async () => {
    const child = await startSleeping()
    const end = new Promise((resolve) => child.once('close', resolve))
    const pid = child.pid as number
    process.kill(pid, signal)
    process.kill(-pid, signal)
    // And once more while it cleans up.
    await until('it is at it', () => cgroupsOf(child).length === 0 || sends(-pid, signal))
    assert.equal(await end, 130)
    assert.deepEqual(cgroupsOf(child), [])
  })

/** @returns whether there was nobody any more to send it to */
function sends(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal)
    return false
  } catch {
    return true
  }
}
