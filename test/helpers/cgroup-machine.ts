// Owns what tests of cgroups need of the machine: its hierarchies by version, with the reason where one cannot be
// tested, and processes in a cgroup. Paths are below one folder of this process, so that nothing else is touched.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createCgroupManager } from '../../src/cgroups/create-manager.ts'
import { readCgroupHierarchies } from '../../src/cgroups/detect.ts'
import type { CgroupHierarchies } from '../../src/cgroups/hierarchies.ts'
import type { CgroupManager } from '../../src/cgroups/manager.ts'
import type { CgroupConfig } from '../../src/config/cgroup.ts'
import { nodeKernel } from '../../src/node/node-kernel.ts'

export const kernel = nodeKernel()

/** A version of cgroups on this machine; `skip` says why it cannot be tested. */
export interface Machine {
  readonly name: string
  readonly skip: string | false
  readonly hierarchies: CgroupHierarchies
}

/** The folder of this process in each hierarchy. */
export const BASE = `/cgroups-test-${process.pid}`

function readMachines(): readonly Machine[] {
  const hierarchies = readCgroupHierarchies(kernel)
  const { unified } = hierarchies
  const isRoot = process.getuid?.() === 0
  const reason = (isThere: boolean, what: string) =>
    isRoot ? (isThere ? (false as const) : `${what} is not mounted`) : 'needs root'
  return [
    { name: 'v1', skip: reason(hierarchies.version === 1, 'cgroup v1'), hierarchies },
    {
      name: 'v1 alone',
      skip: reason(hierarchies.version === 1 && unified !== null, 'v2 beside v1'),
      hierarchies: { ...hierarchies, unified: null },
    },
    {
      name: 'v2',
      skip: reason(unified !== null, 'cgroup v2'),
      // What v2 can do beside v1 is tested there too.
      hierarchies: { ...hierarchies, version: 2, v1: [] },
    },
  ]
}

export const MACHINES = readMachines()
export const [V1, , V2] = MACHINES as readonly [Machine, Machine, Machine]

/** Why a limit cannot be tested on a machine; false when it can. */
export function lacksController({ skip, hierarchies }: Machine, ...names: readonly string[]): string | false {
  if (skip !== false) return skip
  const present = hierarchies.version === 2 ? [hierarchies.unified] : hierarchies.v1
  const missing = names.find((name) => !present.some((hierarchy) => hierarchy?.controllers.includes(name)))
  return missing === undefined ? false : `the ${missing} controller is not there`
}

/** A manager for `path`, below this process's folder unless absolute. */
export function managerAt(
  machine: Machine,
  path: string,
  limits: Omit<CgroupConfig, 'path'> = {},
  timeoutMs?: number,
): CgroupManager {
  const config = { path: path.startsWith('/') ? path : `${BASE}/${path}`, ...limits }
  return createCgroupManager(
    kernel,
    machine.hierarchies,
    config,
    timeoutMs === undefined ? {} : { timeoutMs },
  )
}

/** The same, for a user of the host. */
export function managerFor(machine: Machine, path: string, owner: number): CgroupManager {
  return createCgroupManager(kernel, machine.hierarchies, { path: `${BASE}/${path}` }, { owner })
}

/** The directories of a manager, each once. */
export function directoriesOf(manager: CgroupManager): readonly string[] {
  return [...new Set(Object.values(manager.paths))]
}

/** Which of a manager's directories, or of those above them in this process's folder, exist. */
export function leftovers(manager: CgroupManager): readonly string[] {
  const found: string[] = []
  for (let directory of directoriesOf(manager)) {
    for (; directory.includes(BASE); directory = dirname(directory))
      if (existsSync(directory)) found.push(directory)
  }
  return found
}

/** The text of a file of a controller's cgroup. */
export function readLimit(manager: CgroupManager, controller: string, file: string): string {
  const directory = manager.paths[controller] ?? manager.paths.unified
  return readFileSync(`${directory}/${file}`, 'utf8').trim()
}

/** Starts a shell that waits for a line, moves it into a manager's cgroups, and lets it run the script. */
export async function spawnIn(manager: CgroupManager, script: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', `read line; ${script}`], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child, 'spawn')
  for (const directory of directoriesOf(manager)) writeFileSync(`${directory}/cgroup.procs`, `${child.pid}`)
  child.stdin?.write('go\n')
  return child
}

/** The output of a script that runs in a manager's cgroups. */
export async function outputIn(manager: CgroupManager, script: string): Promise<string> {
  const child = await spawnIn(manager, script)
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  await once(child, 'close')
  return output.trim()
}

/** Makes a directory in each hierarchy of a manager; returns what removes them. */
export function makeBelow(directories: readonly string[]): () => void {
  const made: string[] = []
  for (const directory of directories) {
    const first = mkdirSync(directory, { recursive: true })
    for (let at = directory; first !== undefined && at.length >= first.length; at = dirname(at)) made.push(at)
  }
  return () => {
    for (const directory of made) if (existsSync(directory)) rmdirSync(directory)
  }
}
