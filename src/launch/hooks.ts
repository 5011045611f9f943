// Owns running hooks in the caller's own namespaces: each is a launch of its own with three files in memory for
// streams, and nothing of it is left when it failed, took too long, or was given up.

import { POLLIN } from '../abi/flags.ts'
import { isLibcontainerError, type LibcontainerError } from '../errors.ts'
import { hookPlan } from '../plan/hook-plan.ts'
import type { CommandStep, HookStatus, HostAction } from '../plan/launch-plan.ts'
import { closeAll, closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { fillMemoryFile, openMemoryFile, readMemoryFile } from '../system/memory-file.ts'
import { pollWithin } from '../system/poll-within.ts'
import { awaitChild, reapChild, waitForEnd } from '../system/reactor.ts'
import { statPath } from '../system/stat.ts'
import { systemError } from '../system/syscall.ts'
import type { Cancellation } from './cancellation.ts'
import { commandError, describeEnd, describeTimeout, type Written } from './command-error.ts'
import { killGroup, type Launched } from './end-processes.ts'
import { type HookSubject, launch } from './launch.ts'
import { type Trace, traceAction } from './trace.ts'

/** What is the same for all hooks of a container. */
export interface HookHost {
  readonly kernel: Kernel
  /** What the caller ignores and a program would inherit so. */
  readonly ignoredSignals: readonly number[]
  /** Where hooks start: the bundle. */
  readonly directory: string
  /** For those that have none of their own. */
  readonly env: readonly string[]
  /** The state as a hook gets it. @param pid as the hook sees it; 0 for none */
  readonly describe: (status: HookStatus, pid: number) => string
  /** Ends the hook that runs. */
  readonly cancellation: Cancellation | null
  readonly trace: Trace | undefined
}

type PlannedHook = HostAction & CommandStep & { readonly action: { readonly kind: 'run-hook' } }
type PlannedMap = HostAction & CommandStep & { readonly action: { readonly kind: 'map-ids' } }

/** Runs the hooks of a moment, in their order. @throws LibcontainerError of the first that fails; the cancellation's reason */
export async function runHooks(
  host: HookHost,
  actions: readonly HostAction[],
  when: HostAction['when'],
  subject: HookSubject,
): Promise<void> {
  for (const planned of actions) {
    if (planned.when !== when) continue
    if (planned.action.kind === 'run-hook') await runHook(host, planned as PlannedHook, subject)
    else if (planned.action.kind === 'map-ids') await mapIds(host, planned as PlannedMap, subject)
    else continue
    if (host.trace) await traceAction(host.trace, planned)
  }
}

/** Runs all hooks, whatever the others do. @returns what they threw */
export async function runEveryHook(
  host: HookHost,
  actions: readonly HostAction[],
): Promise<readonly LibcontainerError[]> {
  const failures: LibcontainerError[] = []
  for (const planned of actions) {
    try {
      await runHooks(host, [planned], planned.when, { pid: 0, pidfd: -1 })
    } catch (error) {
      if (!isLibcontainerError(error)) throw error
      failures.push(error)
    }
  }
  return failures
}

async function runHook(host: HookHost, planned: PlannedHook, subject: HookSubject): Promise<void> {
  const { kernel } = host
  const streams: number[] = []
  try {
    for (const name of ['stdin', 'stdout', 'stderr']) streams.push(openMemoryFile(kernel, name))
    const [stdin = -1, stdout = -1, stderr = -1] = streams
    fillMemoryFile(kernel, stdin, host.describe(planned.action.status, subject.pid))
    const process = await startHook(host, planned, streams)
    const read = (fd: number): string => readMemoryFile(kernel, fd, MAX_OUTPUT_BYTES)
    const written = (): Written => ({ stdout: read(stdout), stderr: read(stderr) })
    await superviseHook(host, planned, process, subject, written)
  } finally {
    closeAll(kernel, streams)
  }
}

/** A hook in all but its name: a program of the host that works on the container from outside. */
function mapIds(host: HookHost, planned: PlannedMap, subject: HookSubject): Promise<void> {
  const { program, rows } = planned.action
  const path = HELPER_FOLDERS.map((folder) => `${folder}/${program}`).find(
    (candidate) => typeof statPath(host.kernel, candidate) === 'object',
  )
  if (path === undefined) {
    throw commandError(planned, {
      reason: 'there is no such program',
      hint: 'install uidmap (Debian) or shadow-utils, or map the own id only',
    })
  }
  const hook = { path, args: [program, String(subject.pid), ...rows], env: [] }
  return runHook(host, { ...planned, action: { kind: 'run-hook', hook, status: 'creating' } }, subject)
}

const HELPER_FOLDERS: readonly string[] = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/bin']

function startHook(
  { kernel, ignoredSignals, directory, env, cancellation }: HookHost,
  planned: PlannedHook,
  stdio: readonly number[],
): Promise<Launched> {
  const plan = hookPlan(planned, { env, ...planned.action.hook }, directory, { ignoredSignals })
  return launch(kernel, {
    outset: plan.outset,
    plan: () => plan,
    cgroup: null,
    network: null,
    resctrl: null,
    descriptors: { stdio, extra: [], container: null, release: -1 },
    writeState: () => undefined,
    removeState: () => undefined,
    takeTerminal: () => undefined,
    takeListener: () => undefined,
    hooks: null,
    cancellation,
    trace: undefined,
  })
}

/** Waits for a hook's good end. Takes over the process. */
async function superviseHook(
  { kernel, cancellation }: HookHost,
  planned: PlannedHook,
  process: Launched,
  { pidfd: container }: HookSubject,
  written: () => Written,
): Promise<void> {
  const { timeoutMs } = planned.command
  let isOrphan = false
  const kill = (): void => killGroup(kernel, process)
  const stopListening = cancellation?.onRequest(kill)
  if (container >= 0) {
    void kernel.poll(container, POLLIN).then((events) => {
      if (events <= 0) return
      isOrphan = true
      kill()
    })
  }
  try {
    const events =
      timeoutMs === undefined
        ? await kernel.poll(process.pidfd, POLLIN)
        : await pollWithin(kernel, process.pidfd, POLLIN, timeoutMs)
    if (events < 0) throw systemError(events, 'poll', { action: `wait for the end of a hook` })
    if (cancellation?.requested) throw cancellation.reason
    if (events === 0) throw commandError(planned, describeTimeout(planned))
    if (isOrphan) throw commandError(planned, { reason: 'it was killed, as the container had ended' })
    const end = reapChild(kernel, process.pidfd)
    if (end !== null && end.exitCode === 0) return
    const how = describeEnd(end ?? { exitCode: null, signal: null }, written())
    throw commandError(planned, { reason: how })
  } catch (error) {
    kill()
    await waitForEnd(kernel, process.pidfd).catch(() => undefined)
    awaitChild(kernel, process.pidfd)
    throw error
  } finally {
    stopListening?.()
    if (container >= 0) kernel.unpoll(container)
    closeFd(kernel, process.pidfd)
  }
}

const MAX_OUTPUT_BYTES = 16 << 10
