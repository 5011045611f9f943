// Owns carrying out a plan: host-side actions, the clone, the conversation with init, and taking everything back
// when any of it fails. It decides nothing about containers; the plan did.

import { ERRNO } from '../abi/errno.ts'
import { CLONE_NEWPID } from '../abi/flags.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import type { NetworkDriver } from '../network/driver.ts'
import type { HookStatus, HostAction, LaunchPlan, Outset, Segment } from '../plan/launch-plan.ts'
import type { ResctrlDriver } from '../resctrl/driver.ts'
import { closeAll, closeFd } from '../system/fd.ts'
import type { Kernel, Spawned } from '../system/kernel.ts'
import { fillMemoryFile } from '../system/memory-file.ts'
import { readPidInside } from '../system/procfs.ts'
import type { Cancellation } from './cancellation.ts'
import { type Child, converse } from './converse.ts'
import {
  type Lend,
  type LentDescriptors,
  type OpenedDescriptors,
  openDescriptors,
  openNamespace,
} from './descriptors.ts'
import { endAll, type Launched } from './end-processes.ts'
import { applyActions } from './host-actions.ts'
import { openIdMapNamespaces } from './id-map-namespaces.ts'
import { spawnError } from './post-mortem/spawn-error.ts'
import { encodeSegment, nextSegment } from './segments.ts'
import type { Trace } from './trace.ts'
import { UndoList } from './undo.ts'

/** The container that a hook of the host is for. */
export interface HookSubject {
  /** In the caller's pid namespace; 0 when it is gone. */
  readonly pid: number
  /** A hook ends with this process; -1 for none. Borrowed, and polled by nobody else. */
  readonly pidfd: number
}

/** What a start with hooks needs. */
export interface HookSupport {
  /** The state as a hook gets it. @param pid as the hook sees it */
  readonly describe: (status: HookStatus, pid: number) => string
  /** Runs those of a moment. @throws LibcontainerError of the first that fails; the cancellation's reason */
  readonly run: (
    actions: readonly HostAction[],
    when: HostAction['when'],
    subject: HookSubject,
  ) => Promise<void>
}

export interface LaunchRequest {
  /** That of the plan. */
  readonly outset: Outset
  /** Reads what it needs and plans, while init is being made and while it works. */
  readonly plan: () => LaunchPlan
  readonly cgroup: CgroupManager | null
  /** null: the plan makes no networks. */
  readonly network: NetworkDriver | null
  /** null: the plan has nothing to do with resctrl. */
  readonly resctrl: ResctrlDriver | null
  readonly descriptors: Omit<LentDescriptors, 'cgroupTasks' | 'idMaps'>
  /** Writes the state with the pid in it; called while init waits for its program. */
  readonly writeState: (pid: number) => void
  /** Removes the state: after a failure, once nothing is left that the state would help to find. */
  readonly removeState: () => void
  /** Takes over the master of the process's terminal, where the plan has one; closing it again is up to the caller. */
  readonly takeTerminal: (master: number) => void
  /** Takes over the listener of the process's seccomp filter, before the process begins; it may refuse by throwing. */
  readonly takeListener: (listener: number, pid: number) => void
  /** null: the plan has no hooks. */
  readonly hooks: HookSupport | null
  readonly cancellation: Cancellation | null
  /** undefined: nobody wants to know. */
  readonly trace: Trace | undefined
}

/**
 * Carries out a plan. Whatever fails, nothing is left behind; what the kernel does not let go of is left with its
 * state, for another destroy. @throws LibcontainerError; the cancellation's reason
 */
export async function launch(kernel: Kernel, request: LaunchRequest): Promise<Launched> {
  const undo = new UndoList()
  const { cancellation } = request
  try {
    if (cancellation?.requested) throw cancellation.reason
    return await launchWithUndo(kernel, request, undo)
  } catch (error) {
    let failures = await undo.run()
    if (failures.length === 0) {
      undo.add(request.removeState)
      failures = await undo.run()
    }
    if (cancellation?.requested) throw cancellation.reason
    if (failures.length > 0 && error instanceof Error && error.cause === undefined) error.cause = failures[0]
    throw error
  }
}

async function launchWithUndo(kernel: Kernel, request: LaunchRequest, undo: UndoList): Promise<Launched> {
  const { outset, cgroup, network, resctrl, writeState, hooks, cancellation, trace } = request
  const context = { kernel, cgroup, network, resctrl, undo, writeState, trace }
  const applyFirst = (when: HostAction['when']): Promise<void> =>
    applyActions(outset.actions, when, { ...context, pid: 0, writeHookStates: () => undefined })
  await applyFirst('before the clone')

  const borrowed: number[] = []
  const lend: Lend = (fds) => {
    borrowed.push(...fds)
    return fds
  }
  try {
    const { child, plan, first, program, opened } = await beginTogether(
      kernel,
      spawnInit(kernel, request, lend),
      applyFirst('beside the clone').then(() => makeBriefing(kernel, request, lend)),
    )
    const writeHookStates = (pid: number): void => {
      for (const { fd, status } of opened.hookStates)
        fillMemoryFile(kernel, fd, hooks?.describe(status, readPidInside(kernel, pid)) ?? '')
    }
    const applyToChild = (when: HostAction['when'], pid: number): Promise<void> =>
      applyActions(plan.actions, when, { ...context, pid, writeHookStates })
    return await converse(kernel, {
      plan,
      cgroup,
      child,
      first,
      program,
      descriptors: opened.all,
      undo,
      cancellation,
      trace,
      applyToChild,
      writeState: (pid) => {
        writeState(pid)
        writeHookStates(pid)
      },
      runHooks: async (when, process) => hooks?.run(plan.actions, when, process),
      takeTerminal: request.takeTerminal,
      takeListener: request.takeListener,
    })
  } finally {
    closeAll(kernel, borrowed)
  }
}

/** What init is to do to begin with, and what goes along. */
interface Briefing {
  readonly plan: LaunchPlan
  readonly first: Segment
  /** The first segment, encoded. */
  readonly program: Uint8Array
  readonly opened: OpenedDescriptors
}

/** Init is made, and what it is to do first is planned; neither waits for the other. */
async function beginTogether(
  kernel: Kernel,
  spawning: Promise<Child>,
  briefing: Promise<Briefing>,
): Promise<Briefing & { readonly child: Child }> {
  const [spawned, briefed] = await Promise.allSettled([spawning, briefing])
  if (briefed.status === 'fulfilled' && spawned.status === 'fulfilled')
    return { ...briefed.value, child: spawned.value }
  if (spawned.status === 'fulfilled') {
    closeFd(kernel, spawned.value.socket)
    await endAll(kernel, [spawned.value])
  }
  throw briefed.status === 'rejected' ? briefed.reason : (spawned as PromiseRejectedResult).reason
}

async function makeBriefing(kernel: Kernel, request: LaunchRequest, lend: Lend): Promise<Briefing> {
  const { cgroup, descriptors } = request
  const plan = request.plan()
  const first = nextSegment(plan.segments)
  const program = encodeSegment(kernel, first)
  const joins = plan.descriptors.some(({ source }) => source.kind === 'cgroup-tasks')
  const cgroupTasks = joins ? lend(cgroup?.openForJoin() ?? []) : []
  const idMaps = await openIdMapNamespaces(kernel, plan.descriptors, lend)
  const opened = openDescriptors(kernel, plan.descriptors, { ...descriptors, cgroupTasks, idMaps }, lend)
  return { plan, first, program, opened }
}

async function spawnInit(
  kernel: Kernel,
  { outset, cgroup, descriptors }: LaunchRequest,
  lend: Lend,
): Promise<Child> {
  const { flags, intoCgroup, pidNamespace } = outset.clone
  const init = descriptors.container
  const [cgroupFd = -1] = intoCgroup && cgroup !== null ? lend([cgroup.openForClone(init?.pid)]) : []
  let pidNamespaceFd = -1
  if (pidNamespace?.kind === 'path')
    [pidNamespaceFd = -1] = lend([openNamespace(kernel, pidNamespace.path, CLONE_NEWPID, 'namespaces')])
  if (pidNamespace?.kind === 'container-process') pidNamespaceFd = init?.pidfd ?? -1
  const request = { flags, cgroup: cgroupFd, pidNamespace: pidNamespaceFd, program: null, descriptors: [] }
  const spawned = await kernel.spawn(request)
  if (spawned.errno === 0) return spawned
  if (spawned.errno !== ERRNO.EACCES || cgroupFd < 0 || cgroup?.attach === undefined)
    throw spawnError(spawned, flags, cgroup)
  const outside = await kernel.spawn({ ...request, cgroup: -1 })
  if (outside.errno !== 0) throw spawnError(outside, flags, cgroup)
  return attach(kernel, cgroup, outside, init?.pid)
}

/** Init waits for its program, so it is in its cgroup before it does anything. */
async function attach(kernel: Kernel, cgroup: CgroupManager, child: Spawned, init?: number): Promise<Child> {
  try {
    await cgroup.attach?.(child.pid, init)
    return child
  } catch (error) {
    closeFd(kernel, child.socket)
    await endAll(kernel, [child])
    throw error
  }
}
