// Owns the dialogue with an init that waits for its first program: what the parent does to the child meanwhile,
// sending programs, and what each word of init means for the start.

import { ERRNO } from '../abi/errno.ts'
import { SIGNALS, signalName } from '../abi/signals.ts'
import { LibcontainerError } from '../errors.ts'
import type { LaunchPlan, Segment } from '../plan/launch-plan.ts'
import { GATE_LOOKUP, RETURN_GROUP, RETURN_PASSWD } from '../plan/steps/userdb.ts'
import { encodeProgram } from '../protocol/encode.ts'
import { LIMITS } from '../protocol/schema.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { reapChild, waitForEnd } from '../system/reactor.ts'
import { syscall } from '../system/syscall.ts'
import type { Cancellation } from './cancellation.ts'
import { faultError } from './fault.ts'
import { Conversation } from './handshake.ts'
import type { UndoList } from './undo.ts'

/** A process that runs its command by now. */
export interface Launched {
  readonly pid: number
  /** Owned by the caller. */
  readonly pidfd: number
}

/** init, and the parent's end of its control socket. */
export interface Child extends Launched {
  readonly socket: number
}

export interface Dialogue {
  readonly plan: LaunchPlan
  readonly child: Child
  /** The first program, encoded. */
  readonly program: () => Uint8Array
  readonly descriptors: readonly number[]
  readonly undo: UndoList
  readonly cancellation: Cancellation | null
  /** The plan's actions on the child before it goes on. */
  readonly applyToChild: (pid: number) => void
  readonly writeState: (pid: number) => void
}

/** Leads init to its execve. @throws LibcontainerError with the words of the plan; the cancellation's reason */
export async function converse(kernel: Kernel, dialogue: Dialogue): Promise<Launched> {
  const { child, undo, cancellation } = dialogue
  const current: { process: Launched } = { process: child }
  undo.add(() => endProcess(kernel, current.process))
  const stopListening = cancellation?.onRequest(() => killProcess(kernel, current.process))
  try {
    // It may have been requested while init was being made.
    if (cancellation?.requested) throw cancellation.reason
    dialogue.applyToChild(child.pid)
    const talk = new Conversation(kernel, child.socket)
    await talk.send(dialogue.program(), dialogue.descriptors)
    await listen(kernel, dialogue, talk, current)
    return { pid: current.process.pid, pidfd: current.process.pidfd }
  } finally {
    stopListening?.()
    closeFd(kernel, child.socket)
  }
}

/** Hears init out; returns when it has executed the command. */
async function listen(
  kernel: Kernel,
  { plan, writeState }: Dialogue,
  talk: Conversation,
  current: { process: Launched },
): Promise<void> {
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
        await talk.send(encodeSegment(kernel, segment), [])
        break
      case 'fork':
        current.process = await adoptFork(kernel, current.process, message)
        writeState(message.pid)
        break
      case 'fault':
        throw faultError(segment, message.op, message.errno)
      case 'end':
        if (!started) throw await earlyDeath(kernel, current.process)
        return
    }
  }
}

/** The bytes of a segment's program. @throws LibcontainerError ConfigInvalid when it is larger than init takes */
export function encodeSegment(kernel: Kernel, segment: Segment): Uint8Array {
  const program = {
    ops: segment.steps.flatMap((step) => step.ops),
    more: segment.more,
    descriptorSlot: LIMITS.CONTROL_SLOT + 1,
    descriptorCount: segment.descriptorCount,
  }
  return encodeProgram(program, kernel.arch, (text) => kernel.encodeText(text))
}

/** The process that goes on after a fork of init, in place of the one that made it and exits by itself. */
async function adoptFork(kernel: Kernel, before: Launched, forked: Launched): Promise<Launched> {
  await waitForEnd(kernel, before.pidfd)
  reapChild(kernel, before.pidfd)
  closeFd(kernel, before.pidfd)
  return { pid: forked.pid, pidfd: forked.pidfd }
}

function killProcess(kernel: Kernel, process: Launched): void {
  syscall(kernel, 'pidfd_send_signal', process.pidfd, SIGNALS.SIGKILL, null, 0)
}

async function endProcess(kernel: Kernel, process: Launched): Promise<void> {
  killProcess(kernel, process)
  await waitForEnd(kernel, process.pidfd)
  reapChild(kernel, process.pidfd)
  closeFd(kernel, process.pidfd)
}

/** init is gone and has not said that it started the process. */
async function earlyDeath(kernel: Kernel, process: Launched): Promise<LibcontainerError> {
  await waitForEnd(kernel, process.pidfd)
  const end = reapChild(kernel, process.pidfd)
  const signal = end?.signal ?? null
  const how =
    signal === null
      ? `init exited with ${end?.exitCode ?? 'an unknown status'}`
      : `init was killed by ${signalName(signal)}`
  const hint = signal === SIGNALS.SIGKILL ? { hint: 'is the memory limit too low for a start?' } : {}
  return new LibcontainerError({ code: 'SystemError', action: 'start the process', reason: how, ...hint })
}
