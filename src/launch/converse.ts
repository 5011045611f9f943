// Owns the dialogue with an init that waits for its first program: what the parent does to the child meanwhile,
// sending programs, and what each word of init means for the start.

import { ERRNO } from '../abi/errno.ts'
import { signalName } from '../abi/signals.ts'
import type { CgroupManager } from '../cgroups/manager.ts'
import { LibcontainerError } from '../errors.ts'
import type { HostAction, Segment } from '../plan/launch-plan.ts'
import { GATE_HOOKS } from '../plan/steps/hooks.ts'
import { GATE_OPEN } from '../plan/steps/id-maps.ts'
import { GATE_FORKED } from '../plan/steps/namespaces.ts'
import { RETURN_LISTENER } from '../plan/steps/seccomp.ts'
import { RETURN_TERMINAL } from '../plan/steps/terminal.ts'
import { GATE_LOOKUP, RETURN_GROUP, RETURN_PASSWD } from '../plan/steps/userdb.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { reapChild, waitForEnd } from '../system/reactor.ts'
import { checked, syscall } from '../system/syscall.ts'
import type { Cancellation } from './cancellation.ts'
import { endAll, killGroup, type Launched } from './end-processes.ts'
import { faultError } from './fault.ts'
import { Conversation } from './handshake.ts'
import { explainKill } from './post-mortem/cgroup-evidence.ts'
import { encodeSegment, nextSegment, type Opening, sendSegments } from './segments.ts'
import { type Trace, traceClone, traceMessage, traceSegment } from './trace.ts'
import type { UndoList } from './undo.ts'

/** init, and the parent's end of its control socket. */
export interface Child extends Launched {
  readonly socket: number
}

export interface Dialogue extends Opening {
  readonly cgroup: CgroupManager | null
  readonly child: Child
  readonly undo: UndoList
  readonly cancellation: Cancellation | null
  /** The plan's actions on the child before it goes on. */
  readonly applyToChild: (when: HostAction['when'], pid: number) => Promise<void>
  readonly writeState: (pid: number) => void
  /** Takes over the master of the process's terminal. */
  readonly takeTerminal: (master: number) => void
  /** Takes over the listener of the filter of the process with this pid. */
  readonly takeListener: (listener: number, pid: number) => void
  readonly runHooks: (when: HostAction['when'], process: Launched) => Promise<void>
}

/** Leads init to its execve. @throws LibcontainerError with the words of the plan; the cancellation's reason */
export async function converse(kernel: Kernel, dialogue: Dialogue): Promise<Launched> {
  const { plan, cgroup, child, undo, cancellation, trace } = dialogue
  // init, and after a fork of it the one that goes on as well.
  const processes: Launched[] = [child]
  undo.add(() => {
    for (const process of processes) killGroup(kernel, process)
    return endAll(kernel, processes)
  })
  const stopListening = cancellation?.onRequest(() => {
    for (const process of processes) killGroup(kernel, process)
  })
  try {
    // It may have been requested while init was being made.
    if (cancellation?.requested) throw cancellation.reason
    if (trace) await traceClone(trace, plan, child.pid, cgroup?.paths)
    await dialogue.applyToChild('after the clone', child.pid)
    const talk = new Conversation(kernel, child.socket)
    undo.add(() => talk.close())
    const sent = await sendSegments(kernel, talk, dialogue, (when) => dialogue.applyToChild(when, child.pid))
    await listen(kernel, dialogue, talk, sent, processes)
    await traceMessage(trace, { kind: 'end' }, plan, sent)
    // The process may end before them, and is not waited for.
    const { pid } = processes.at(-1) ?? child
    await dialogue.runHooks('after the start', { pid, pidfd: -1 })
    const { pidfd } = processes.pop() ?? child
    await endAll(kernel, processes)
    return { pid, pidfd }
  } finally {
    stopListening?.()
    closeFd(kernel, child.socket)
  }
}

/** Hears init out; returns when it has executed the command. */
async function listen(
  kernel: Kernel,
  dialogue: Dialogue,
  talk: Conversation,
  sent: Segment[],
  processes: Launched[],
): Promise<void> {
  const { plan, cgroup, child, writeState, applyToChild, runHooks, cancellation, trace } = dialogue
  let started = false
  const returned = new Map<number, Uint8Array>()
  const textOf = (id: number): string | null => {
    const bytes = returned.get(id)
    return bytes === undefined ? null : kernel.decodeText(bytes)
  }
  const planOn = (): Segment =>
    nextSegment(plan.segments, { passwd: textOf(RETURN_PASSWD), group: textOf(RETURN_GROUP) })
  for (;;) {
    const message = await talk.next(sent.at(-1)?.asks ?? false)
    switch (message.kind) {
      case 'started':
        started = true
        break
      case 'return':
        await takeReturn(kernel, dialogue, talk, message, processes.at(-1) ?? child, returned)
        break
      case 'gate':
        if (message.id === GATE_OPEN) {
          await applyToChild('while init is open to us', child.pid)
          await runHooks('while init is open to us', child)
        }
        if (message.id === GATE_HOOKS) await runHooks('at the gate', processes.at(-1) ?? child)
        await letPass(kernel, talk, message.id, sent, planOn, trace)
        break
      case 'fork':
        processes.push({ pid: message.pid, pidfd: message.pidfd })
        if (cancellation?.requested) throw cancellation.reason
        writeState(message.pid)
        break
      case 'fault':
        throw faultError(kernel, sent, message, returned)
      case 'end':
        if (!started) throw await earlyDeath(kernel, processes.at(-1) ?? child, cgroup)
        return
    }
    await traceMessage(trace, message, plan, sent)
  }
}

/** A value that only exists inside: kept, or handed on at once. */
async function takeReturn(
  kernel: Kernel,
  { takeTerminal, takeListener }: Dialogue,
  talk: Conversation,
  { id, bytes }: { readonly id: number; readonly bytes: Uint8Array },
  holder: Launched,
  returned: Map<number, Uint8Array>,
): Promise<void> {
  if (id === RETURN_TERMINAL) takeTerminal(talk.takeDescriptor())
  else if (id === RETURN_LISTENER) {
    takeListener(fetchDescriptor(kernel, holder, bytes), holder.pid)
    await talk.go()
  } else returned.set(id, bytes)
}

/** A descriptor of a process, by its number there. @throws SystemError */
function fetchDescriptor(kernel: Kernel, { pidfd }: Launched, number: Uint8Array): number {
  const fd = new DataView(number.buffer, number.byteOffset).getUint32(0, true)
  return checked(syscall(kernel, 'pidfd_getfd', pidfd, fd, 0), 'pidfd_getfd', {
    action: 'take the listener of the seccomp filter',
    field: 'seccomp',
    hint: 'it takes Linux 5.6, and the right to trace the process',
  })
}

/** Lets init go on from a gate; with the rest of the plan, where it was waited for. */
async function letPass(
  kernel: Kernel,
  talk: Conversation,
  gate: number,
  sent: Segment[],
  planOn: () => Segment,
  trace: Trace | undefined,
): Promise<void> {
  if (gate === GATE_FORKED || gate === GATE_OPEN || gate === GATE_HOOKS) return talk.go()
  if (gate !== GATE_LOOKUP || !sent.at(-1)?.lookup)
    throw faultError(kernel, sent, { op: -1, round: 0, errno: ERRNO.EPROTO }, new Map())
  const segment = planOn()
  if (trace) await traceSegment(trace, segment)
  await talk.go()
  await talk.send(encodeSegment(kernel, segment), [])
  sent.push(segment)
}

/** init is gone and has not said that it started the process. */
async function earlyDeath(
  kernel: Kernel,
  process: Launched,
  cgroup: CgroupManager | null,
): Promise<LibcontainerError> {
  await waitForEnd(kernel, process.pidfd)
  const end = reapChild(kernel, process.pidfd)
  const signal = end?.signal ?? null
  const how =
    signal === null
      ? `init exited with ${end?.exitCode ?? 'an unknown status'}`
      : `init was killed by ${signalName(signal)}`
  const evidence = signal === null ? null : explainKill(signal, cgroup)
  return new LibcontainerError({ code: 'SystemError', action: 'start the process', reason: how, ...evidence })
}
