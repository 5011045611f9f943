// Owns seeing what a fault may have left: processes, mounts, cgroups, interfaces, state, descriptors, threads, keys.
// A snapshot before and one after must be equal, both ways: what is missing afterwards was taken from somebody else.
// It must never clean up what it finds.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What is looked at, so that tests that run beside this one are not seen. */
export interface Scope {
  /** The directory of states. */
  readonly root: string
  /** What ids of containers and topmost cgroups begin with. */
  readonly name: string
}

/** Lines such as `mount tmpfs on /run/x`, each with how often it is there. */
export type Snapshot = ReadonlyMap<string, number>

export interface Expected {
  readonly scope: Scope
  readonly before: Snapshot
  /** Lines of `compareSnapshots` that may be there. */
  readonly allowed?: RegExp
  /** Takes the end of orphans, as pid 1 does; only for tests that kill parents. */
  readonly reap?: () => void
}

/** How long the kernel may take for what it does behind our back, such as the end of an orphan. */
const SETTLE_MS = 60_000
const RETRY_MS = 2

export function takeSnapshot(scope: Scope): Snapshot {
  const counts = new Map<string, number>()
  const lines = [
    ...processes(),
    ...mounts(),
    ...cgroups(scope.name),
    ...interfaces(),
    ...states(scope.root),
    ...descriptors(),
    ...threads(),
    ...keys(scope.name),
  ]
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

/** `+ line` for each thing that is new, `- line` for each that is gone. */
export function compareSnapshots(before: Snapshot, after: Snapshot): readonly string[] {
  const changes: string[] = []
  for (const line of new Set([...before.keys(), ...after.keys()])) {
    const more = (after.get(line) ?? 0) - (before.get(line) ?? 0)
    // What was on its way out: the kernel collects keys when it likes, a zombie is reaped.
    if (more < 0 && /^key |\(zombie\)$/.test(line)) continue
    for (let i = 0; i < Math.abs(more); i++) changes.push(`${more > 0 ? '+' : '-'} ${line}`)
  }
  return changes.sort()
}

/** What is different from the snapshot, at once or after the kernel had its time. */
export async function findLeftovers(
  { scope, before, allowed, reap }: Expected,
  settleMs = SETTLE_MS,
): Promise<readonly string[]> {
  for (const deadline = performance.now() + settleMs; ; await sleep(RETRY_MS)) {
    reap?.()
    const changes = compareSnapshots(before, takeSnapshot(scope)).filter((line) => !allowed?.test(line))
    if (changes.length === 0 || performance.now() > deadline) return changes
  }
}

/** @throws AssertionError that lists what is left, and after what */
export async function assertNothingLeft(expected: Expected, after: string): Promise<void> {
  const changes = await findLeftovers(expected)
  assert.deepEqual(changes, [], `left after ${after}:\n  ${changes.join('\n  ')}`)
}

interface ProcessLine {
  readonly pid: number
  readonly parent: number
  readonly line: string
}

/** All processes below us, zombies too; orphans among them when we are a subreaper (`adoptOrphans`). */
function processes(): readonly string[] {
  const all = readNumbers('/proc').flatMap(readProcess)
  const ours = new Set([process.pid])
  for (let size = 0; size !== ours.size; ) {
    size = ours.size
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid)
  }
  return all.filter(({ pid }) => pid !== process.pid && ours.has(pid)).map(({ line }) => line)
}

function readProcess(pid: number): readonly ProcessLine[] {
  const stat = readIfThere(`/proc/${pid}/stat`)
  const name = /\((.*)\)/s.exec(stat)?.[1]
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (name === undefined) return []
  return [{ pid, parent: Number(parent), line: `process ${pid} ${name}${state === 'Z' ? ' (zombie)' : ''}` }]
}

interface MountLine {
  readonly point: string
  readonly filesystem: string
}

function readMounts(): readonly MountLine[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const [left = '', right = ''] = line.split(' - ')
    return { point: left.split(' ')[4] ?? '', filesystem: right.split(' ')[0] ?? '' }
  })
}

function mounts(): readonly string[] {
  return readMounts().map(({ point, filesystem }) => `mount ${filesystem} on ${point}`)
}

/** Cgroups of every hierarchy, below those at the top whose names begin so. */
function cgroups(name: string): readonly string[] {
  const hierarchies = readMounts().filter(({ filesystem }) => /^cgroup2?$/.test(filesystem))
  // A set, as a mount may hide another one.
  return [...new Set(hierarchies.map(({ point }) => point))].flatMap((point) =>
    directoriesIn(point)
      .filter((path) => basename(path).startsWith(name))
      .flatMap((path) => [path, ...directoriesBelow(path)])
      .map((path) => `cgroup ${path}`),
  )
}

function directoriesBelow(path: string): readonly string[] {
  return directoriesIn(path).flatMap((child) => [child, ...directoriesBelow(child)])
}

function directoriesIn(path: string): readonly string[] {
  const entries = listIfThere(() => readdirSync(path, { withFileTypes: true }))
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${path}/${entry.name}`)
}

function interfaces(): readonly string[] {
  const names = readFileSync('/proc/self/net/dev', 'utf8').matchAll(/^\s*([^\s:]+):/gm)
  return [...names].map(([, name]) => `interface ${name}`)
}

function states(root: string): readonly string[] {
  const entries = listIfThere(() => readdirSync(root, { recursive: true, encoding: 'utf8' }))
  return entries.map((path) => `state ${path}`)
}

/** By what they lead to, as the number of the same file may change. A pipe, a socket has a number of its own. */
function descriptors(): readonly string[] {
  // Not the way back of a launcher (below) that has been in another pid namespace.
  const passedOver = [`/proc/${process.pid}/fd`, readlinkSync('/proc/self/ns/pid')]
  return readNumbers('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return passedOver.includes(target) ? [] : [`descriptor ${target}`]
    } catch {
      return [] // The one that listed them.
    }
  })
}

/**
 * Without launchers: the host keeps up to four, and has one more when none is idle. And without those that Bun's engine
 * begins for its compiler and its collector when it has been busy for a while.
 */
const PASSED_OVER: readonly string[] = ['lc-launcher', 'JITWorker', 'HeapHelper']

function threads(): readonly string[] {
  const names = readNumbers('/proc/self/task').map((tid) =>
    readIfThere(`/proc/self/task/${tid}/comm`).trimEnd(),
  )
  return names.filter((name) => !PASSED_OVER.includes(name)).map((name) => `thread ${name}`)
}

/** Session keyrings of containers, as far as we may see them. */
function keys(name: string): readonly string[] {
  const rings = readIfThere('/proc/keys').matchAll(/keyring\s+(_ses\.\S+?):/g)
  return [...rings].filter(([, ring]) => ring?.startsWith(`_ses.${name}`)).map(([, ring]) => `key ${ring}`)
}

function readNumbers(directory: string): readonly number[] {
  return readdirSync(directory)
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function listIfThere<T>(list: () => readonly T[]): readonly T[] {
  try {
    return list()
  } catch {
    return [] // Removed while we looked.
  }
}
