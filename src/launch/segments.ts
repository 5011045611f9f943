// Owns sending a plan to init, a segment at a time: init is at work on one while the next is planned. Only the first
// brings descriptors.

import type { HostAction, LaunchPlan, Segment, Segments, Userdb } from '../plan/launch-plan.ts'
import { takesStateFirst } from '../plan/steps/state.ts'
import { encodeProgram } from '../protocol/encode.ts'
import type { Kernel } from '../system/kernel.ts'
import type { Conversation } from './handshake.ts'
import { type Trace, traceSegment } from './trace.ts'

const NOT_LOOKED_UP: Userdb = { passwd: null, group: null }

/** Plans on. Preconditions: it is the first one, or the one before has `more`. @throws ConfigInvalid */
export function nextSegment(segments: Segments, userdb: Userdb = NOT_LOOKED_UP): Segment {
  return segments.next(userdb).value as Segment
}

/** The bytes of a segment's program. @throws LibcontainerError ConfigInvalid when it is larger than init takes */
export function encodeSegment(kernel: Kernel, segment: Segment): Uint8Array {
  return encodeProgram(segment, kernel.arch, (text) => kernel.encodeText(text))
}

/** What init begins with, encoded, and what goes along. */
export interface Opening {
  readonly plan: LaunchPlan
  readonly first: Segment
  readonly program: Uint8Array
  readonly descriptors: readonly number[]
  readonly trace: Trace | undefined
}

/**
 * Sends all that can be planned without an answer of init's.
 * @param apply what the plan has the parent do meanwhile
 * @returns what was sent
 */
export async function sendSegments(
  kernel: Kernel,
  talk: Conversation,
  { plan, first, program, descriptors, trace }: Opening,
  apply: (when: HostAction['when']) => Promise<void>,
): Promise<Segment[]> {
  const sent = [first]
  let segment = first
  let isApplied = takesStateFirst(first)
  if (isApplied) await apply('while init works')
  if (trace) await traceSegment(trace, first)
  await talk.send(program, descriptors)
  while (segment.more && segment.lookup === null) {
    segment = nextSegment(plan.segments)
    sent.push(segment)
    const bytes = encodeSegment(kernel, segment)
    if (!isApplied && takesStateFirst(segment)) {
      await apply('while init works')
      isApplied = true
    }
    if (trace) await traceSegment(trace, segment)
    await talk.send(bytes, [])
  }
  if (!isApplied) await apply('while init works')
  if (segment.waitsForState) await talk.go()
  return sent
}
