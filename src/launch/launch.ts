// Owns carrying out a plan: host-side actions, the clone, the conversation with init, and taking everything back
// when any of it fails. It decides nothing about containers; the plan did.

import { ERRNO } from '../abi/errno.ts'
import { CLONE_NEWPID } from '../abi/flags.ts'
import { SIGNALS, signalName } from '../abi/signals.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import { LibcontainerError } from '../errors.ts'
import type { LaunchPlan, Segment } from '../plan/launch-plan.ts'
import { GATE_LOOKUP, RETURN_GROUP, RETURN_PASSWD } from '../plan/steps/userdb.ts'
import { encodeProgram } from '../protocol/encode.ts'
import { LIMITS } from '../protocol/schema.ts'
import { closeAll, closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { reapChild, waitForEnd } from '../system/reactor.ts'
import { syscall, systemError } from '../system/syscall.ts'
import type { Cancellation } from './cancellation.ts'
import { type LentDescriptors, openDescriptors, openNamespace } from './descriptors.ts'
import { faultError } from './fault.ts'
import { Conversation } from './handshake.ts'
import { applyActions } from './host-actions.ts'
import { UndoList } from './undo.ts'

export interface LaunchRequest {
  readonly plan: LaunchPlan
  readonly cgroup: CgroupManager | null
  readonly descriptors: Omit<LentDescriptors, 'cgroupTasks'>
  /** Writes the state with the pid in it; called while init waits for its program. */
  readonly writeState: (pid: number) => void
  readonly cancellation: Cancellation | null
}

/** A process that runs its command by now. */
export interface Launched {
  readonly pid: number
  /** Owned by the caller. */
  readonly pidfd: number
}

/** Carries out a plan. Whatever fails, nothing is left behind. @throws LibcontainerError; the cancellation's reason */
export async function launch(kernel: Kernel, request: LaunchRequest): Promise<Launched> {
  const undo = new UndoList()
  const { cancellation } = request
  try {
    if (cancellation?.requested) throw cancellation.reason
    return await launchWithUndo(kernel, request, undo)
  } catch (error) {
    const failures = await undo.run()
    if (cancellation?.requested) throw cancellation.reason
    if (failures.length > 0 && error instanceof Error && error.cause === undefined) error.cause = failures[0]
    throw error
  }
}

async function launchWithUndo(kernel: Kernel, request: LaunchRequest, undo: UndoList): Promise<Launched> {
  const { plan, cgroup, writeState } = request
  applyActions(plan.actions, 'before the clone', { kernel, cgroup, undo, pid: 0, writeState })

  const borrowed: number[] = []
  const lend = (fds: readonly number[]): readonly number[] => {
    borrowed.push(...fds)
    return fds
  }
  try {
    const cgroupTasks = lend(cgroup?.openForJoin() ?? [])
    const opened = openDescriptors(kernel, plan.descriptors, { ...request.descriptors, cgroupTasks })
    try {
      const child = await spawnInit(kernel, request, lend)
      return await converse(kernel, request, child, opened.all, undo)
    } finally {
      opened.close()
    }
  } finally {
    closeAll(kernel, borrowed)
  }
}

interface Child extends Launched {
  readonly socket: number
}

async function spawnInit(
  kernel: Kernel,
  { plan, cgroup, descriptors }: LaunchRequest,
  lend: (fds: readonly number[]) => readonly number[],
): Promise<Child> {
  const { flags, intoCgroup, pidNamespace } = plan.clone
  const [cgroupFd = -1] =
    intoCgroup && cgroup !== null ? lend([cgroup.openForClone(descriptors.container?.pid)]) : []
  let pidNamespaceFd = -1
  if (pidNamespace?.kind === 'path')
    [pidNamespaceFd = -1] = lend([openNamespace(kernel, pidNamespace.path, CLONE_NEWPID, 'namespaces')])
  if (pidNamespace?.kind === 'container-process') pidNamespaceFd = descriptors.container?.pidfd ?? -1
  const spawned = await kernel.spawn({
    flags,
    cgroup: cgroupFd,
    pidNamespace: pidNamespaceFd,
    program: null,
    descriptors: [],
  })
  if (spawned.errno !== 0) throw systemError(spawned.errno, spawned.syscall, { action: 'start init' })
  return spawned
}

async function converse(
  kernel: Kernel,
  request: LaunchRequest,
  child: Child,
  descriptors: readonly number[],
  undo: UndoList,
): Promise<Launched> {
  const { plan, cgroup, writeState, cancellation } = request
  let current: Launched = child
  undo.add(() => endChild(kernel, current))
  const stopListening = cancellation?.onRequest(() => {
    syscall(kernel, 'pidfd_send_signal', current.pidfd, SIGNALS.SIGKILL, null, 0)
  })
  try {
    applyActions(plan.actions, 'after the clone', { kernel, cgroup, undo, pid: child.pid, writeState })
    const talk = new Conversation(kernel, child.socket)
    await sendSegment(kernel, talk, plan.first, descriptors)
    let segment = plan.first
    let started = false
    const userdb = { passwd: null as string | null, group: null as string | null }
    for (;;) {
      const message = await talk.next()
      switch (message.kind) {
        case 'started':
          started = true
          break
        case 'return':
          if (message.id === RETURN_PASSWD) userdb.passwd = kernel.decodeText(message.bytes)
          if (message.id === RETURN_GROUP) userdb.group = kernel.decodeText(message.bytes)
          break
        case 'gate':
          if (plan.last === null || message.id !== GATE_LOOKUP) throw faultError(segment, -1, ERRNO.EPROTO)
          segment = plan.last(userdb)
          await talk.go()
          await sendSegment(kernel, talk, segment, [])
          break
        case 'fork':
          current = await adoptFork(kernel, current, message)
          writeState(current.pid)
          break
        case 'fault':
          throw faultError(segment, message.op, message.errno)
        case 'end':
          if (!started) throw await earlyDeath(kernel, current)
          return { pid: current.pid, pidfd: current.pidfd }
      }
    }
  } finally {
    stopListening?.()
    closeFd(kernel, child.socket)
  }
}

async function sendSegment(
  kernel: Kernel,
  talk: Conversation,
  segment: Segment,
  descriptors: readonly number[],
): Promise<void> {
  const program = {
    ops: segment.steps.flatMap((step) => step.ops),
    more: segment.more,
    descriptorSlot: LIMITS.CONTROL_SLOT + 1,
    descriptorCount: descriptors.length,
  }
  await talk.send(
    encodeProgram(program, kernel.arch, (text) => kernel.encodeText(text)),
    descriptors,
  )
}

/** The process that goes on after a fork of init, in place of the one that made it and exits by itself. */
async function adoptFork(kernel: Kernel, before: Launched, forked: Launched): Promise<Launched> {
  await waitForEnd(kernel, before.pidfd)
  reapChild(kernel, before.pidfd)
  closeFd(kernel, before.pidfd)
  return { pid: forked.pid, pidfd: forked.pidfd }
}

async function endChild(kernel: Kernel, child: Launched): Promise<void> {
  syscall(kernel, 'pidfd_send_signal', child.pidfd, SIGNALS.SIGKILL, null, 0)
  await waitForEnd(kernel, child.pidfd)
  reapChild(kernel, child.pidfd)
  closeFd(kernel, child.pidfd)
}

/** init is gone and has not said that it started the process. */
async function earlyDeath(kernel: Kernel, child: Launched): Promise<LibcontainerError> {
  await waitForEnd(kernel, child.pidfd)
  const end = reapChild(kernel, child.pidfd)
  const killed = end !== null && end.signal !== null
  const how = killed
    ? `init was killed by ${signalName(end.signal)}`
    : `init exited with ${end?.exitCode ?? 'an unknown status'}`
  const hint =
    killed && end.signal === SIGNALS.SIGKILL ? { hint: 'is the memory limit too low for a start?' } : {}
  return new LibcontainerError({ code: 'SystemError', action: 'start the process', reason: how, ...hint })
}
