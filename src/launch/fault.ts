// Owns turning what init reported, an op number and an errno, into an error with the words of the plan.

import { ERRNO, errnoName } from '../abi/errno.ts'
import { type Ack, decodeAck, decodeMessages } from '../abi/netlink-message.ts'
import { LibcontainerError } from '../errors.ts'
import type { Label, Segment, Step } from '../plan/launch-plan.ts'

/** The step that an op of a segment belongs to, and the op. */
function findStep(segment: Segment, op: number): { step: Step; call: string } | null {
  let first = 0
  for (const step of segment.steps) {
    const found = step.ops[op - first]
    if (op >= first && found !== undefined) return { step, call: found.call }
    first += step.ops.length
  }
  return null
}

/** The error for a fault of init; `refusal` is the answer of the kernel, where a plan asks by messages. */
export function faultError(
  segment: Segment,
  op: number,
  errno: number,
  refusal?: Uint8Array,
): LibcontainerError {
  const ack = errno === ERRNO.EREMOTEIO ? readRefusal(refusal) : null
  const name = errnoName(ack?.errno ?? errno)
  const found = findStep(segment, op)
  if (found === null) {
    return new LibcontainerError({
      code: 'SystemError',
      action: 'run the program in init',
      reason: name,
      errno: name,
    })
  }
  const { step, call } = found
  if (ack === null) return stepError(step, call, name)
  const words = ack.text ? { [name]: `the kernel says: ${ack.text}` } : {}
  return stepError({ ...step, hints: { ...words, ...step.hints } }, 'sendto', name)
}

/** The error for a step of init that the kernel refused. */
export function stepError(step: Label, syscall: string, errno: string): LibcontainerError {
  const hint = step.hints?.[errno]
  return new LibcontainerError({
    code: 'SystemError',
    action: step.name,
    ...(step.object === undefined ? {} : { object: step.object }),
    reason: errno,
    ...(hint === undefined ? {} : { hint }),
    step: step.name,
    ...(step.field === undefined ? {} : { field: step.field }),
    errno,
    syscall,
  })
}

function readRefusal(bytes: Uint8Array | undefined): Ack | null {
  const [message] = bytes === undefined ? [] : decodeMessages(bytes)
  return message === undefined ? null : decodeAck(message)
}
