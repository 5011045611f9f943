// Owns turning what init reported, an op number and an errno, into an error with the words of the plan.

import { errnoName } from '../abi/errno.ts'
import { LibcontainerError } from '../errors.ts'
import type { Segment, Step } from '../plan/launch-plan.ts'

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

/** The error for a fault of init. */
export function faultError(segment: Segment, op: number, errno: number): LibcontainerError {
  const name = errnoName(errno)
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
  const hint = step.hints?.[name]
  return new LibcontainerError({
    code: 'SystemError',
    action: step.name,
    ...(step.object === undefined ? {} : { object: step.object }),
    reason: name,
    ...(hint === undefined ? {} : { hint }),
    step: step.name,
    ...(step.field === undefined ? {} : { field: step.field }),
    errno: name,
    syscall: call,
  })
}
