// Owns what a start tells of itself to whoever asks for it (`trace` of a factory): what was done, when it was done, and
// what init is told to do, before it is told. An event that runc's debug log has too is told in its words, for those
// who look for them. Nothing of this runs unless asked for.

import { explainClone } from '../plan/explain.ts'
import { labelOfRound } from '../plan/label-of-round.ts'
import type { HostAction, Label, LaunchPlan, Segment } from '../plan/launch-plan.ts'
import type { Message } from './handshake.ts'

/** Gets some lines at a time. The start goes on when it has taken them. */
export type Trace = (lines: readonly string[]) => Promise<void>

/** The child is made, and is init already: it is cloned straight into its program. */
export function traceClone(
  trace: Trace,
  { outset }: LaunchPlan,
  pid: number,
  cgroupPaths: Readonly<Record<string, string>> | undefined,
): Promise<void> {
  return trace([
    `nsexec container setup: ${explainClone(outset)}`,
    `child process in init(): pid ${pid}, cgroups: ${Object.values(cgroupPaths ?? {}).join(' ') || 'none'}`,
  ])
}

export function traceAction(trace: Trace, planned: HostAction): Promise<void> {
  const { action } = planned
  const isSure = action.kind !== 'write-oom-score' || !action.mayBeRefused
  return trace([`${isSure ? 'done' : 'done, or refused'}: ${titleOf(planned)}`])
}

/** Before it is sent, so that little is left to be told when the command runs, and writes to the same place. */
export function traceSegment(trace: Trace, { steps }: Segment): Promise<void> {
  const lines: string[] = []
  for (const { label } of steps)
    for (let round = 0; round < (label.objects?.length ?? 1); round++)
      lines.push(`init is to ${titleOf(labelOfRound(label, round))}`)
  return trace(lines)
}

function titleOf({ name, object, field }: Label): string {
  return `${name}${object === undefined ? '' : ` ${object}`}${field === undefined ? '' : ` (${field})`}`
}

/** A word of init's that says what was done. @param message not an end, unless that is the good one */
export async function traceMessage(
  trace: Trace | undefined,
  message: Message,
  { descriptors }: LaunchPlan,
  sent: readonly Segment[],
): Promise<void> {
  if (trace === undefined) return
  const lines: string[] = []
  if (message.kind === 'fork') lines.push(`child process in init(): pid ${message.pid}, forked`)
  if (message.kind === 'started') {
    lines.push(...numbersOf(sent))
    if (descriptors.some(({ source }) => source.kind === 'container-process'))
      lines.push('setns_init: about to exec')
  }
  // By execve, or as it waits for its release.
  if (message.kind === 'end') lines.push('init: closing the pipe to signal completion')
  if (lines.length > 0) return trace(lines)
}

/** What was asked for in words, and told to the kernel as a number by the time of `started`. */
function numbersOf(sent: readonly Segment[]): readonly string[] {
  const lines: string[] = []
  for (const { call, args, on } of sent.flatMap(({ steps }) => steps.flatMap(({ ops }) => ops))) {
    if (call === 'started') break
    if (call === 'seccomp') lines.push(`seccomp filter flags: ${args[1]}`)
    // Where any answer will do, it is not known what came of it.
    if (call === 'sched_setaffinity' && !on?.ignore)
      lines.push(
        `nsexec: affinity: 0x${maskOf(args[2])}${on === undefined ? '' : ', unless the cgroup has none of these CPUs'}`,
      )
  }
  return lines
}

function maskOf(cpus: unknown): string {
  const { bytes } = cpus as { readonly bytes: Uint8Array }
  return bytes.reduceRight((mask, byte) => (mask << 8n) | BigInt(byte), 0n).toString(16)
}
