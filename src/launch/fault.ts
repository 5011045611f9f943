// Owns turning what init reported, an op number and an errno, into an error with the words of the plan.

import { ERRNO, errnoName } from '../abi/errno.ts'
import { type Ack, decodeAck, decodeMessages } from '../abi/netlink-message.ts'
import { LibcontainerError } from '../errors.ts'
import { labelOfRound } from '../plan/label-of-round.ts'
import type { CommandStep, Label, Segment, Step } from '../plan/launch-plan.ts'
import { RETURN_END, RETURN_STDERR, RETURN_STDOUT } from '../plan/steps/command.ts'
import { RETURN_REFUSAL } from '../plan/steps/networks.ts'
import type { Kernel } from '../system/kernel.ts'
import { commandError, describeEnd, describeRefusal, describeTimeout, readSiginfo } from './command-error.ts'
import { errnoHint } from './post-mortem/errno-hints.ts'
import { explainCommand } from './post-mortem/explain-command.ts'

/** The step that an op belongs to, and the op; it is counted through all segments that were sent. */
function findStep(sent: readonly Segment[], op: number): { step: Step; call: string } | null {
  let first = 0
  for (const { steps } of sent) {
    for (const step of steps) {
      const found = step.ops[op - first]
      if (op >= first && found !== undefined) return { step, call: found.call }
      first += step.ops.length
    }
  }
  return null
}

/** What init has returned so far, by id. */
export type Returned = ReadonlyMap<number, Uint8Array>

/** The error for a fault of init, with what the returned values say about its cause. */
export function faultError(
  kernel: Kernel,
  sent: readonly Segment[],
  { op, round, errno }: { readonly op: number; readonly round: number; readonly errno: number },
  returned: Returned,
): LibcontainerError {
  const found = findStep(sent, op)
  if (found === null) {
    const name = errnoName(errno)
    return new LibcontainerError({
      code: 'SystemError',
      action: 'run the program in init',
      reason: name,
      errno: name,
    })
  }
  const { call } = found
  const label = labelOfRound(found.step.label, round)
  const { command } = label
  if (command !== undefined) return commandFault(kernel, { ...label, command }, { call, errno }, returned)
  const ack = errno === ERRNO.EREMOTEIO ? readRefusal(returned.get(RETURN_REFUSAL)) : null
  const name = errnoName(ack?.errno ?? errno)
  if (ack === null) return stepError(label, call, name, explainCommand(kernel, call, name, returned))
  const words = ack.text ? { [name]: `the kernel says: ${ack.text}` } : {}
  return stepError({ ...label, hints: { ...words, ...label.hints } }, 'sendto', name)
}

/** The error for a step of init that the kernel refused; `known` is a hint that was found for this very case. */
export function stepError(
  step: Label,
  syscall: string,
  errno: string,
  known: string | null = null,
): LibcontainerError {
  const hint = known ?? step.hints?.[errno] ?? errnoHint(syscall, errno)
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

/** A program that init ran has failed, or a call on the way to it. */
export function commandFault(
  kernel: Kernel,
  label: CommandStep,
  { call, errno }: { readonly call: string; readonly errno: number },
  returned: Returned,
): LibcontainerError {
  const end = returned.get(RETURN_END)
  if (errno === ERRNO.ETIMEDOUT) return commandError(label, describeTimeout(label))
  if (errno !== ERRNO.EREMOTEIO || end === undefined)
    return commandError(label, describeRefusal(errno, call, hintOf(label, call, errnoName(errno))))
  const textOf = (id: number): string => kernel.decodeText(returned.get(id) ?? new Uint8Array())
  const written = { stdout: textOf(RETURN_STDOUT), stderr: textOf(RETURN_STDERR) }
  return commandError(label, { reason: describeEnd(readSiginfo(end), written) })
}

function hintOf({ hints }: Label, call: string, errno: string): string | undefined {
  return call === 'chdir' ? 'it is the directory that it should begin in' : hints?.[errno]
}

function readRefusal(bytes: Uint8Array | undefined): Ack | null {
  const [message] = bytes === undefined ? [] : decodeMessages(bytes)
  return message === undefined ? null : decodeAck(message)
}
