// Owns the checks of a program against what init accepts, made before a byte is sent: here the words can still
// name the op. init checks the same again, in C, and trusts nothing. No encoding here.

import { LibcontainerError } from '../errors.ts'
import type { Op, OpArg, Program } from './op.ts'
import { LIMITS } from './schema.ts'

/** The slot of the first descriptor that is sent, unless a program says another. */
export const FIRST_SENT: number = LIMITS.CONTROL_SLOT + 1

const HINT = 'this is a fault of the plan, not of the configuration'

/** Stops at an op that no configuration can ask for. */
export function refuseOp(op: Op, index: number, reason: string): never {
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'encode op',
    object: `${index} ${op.call}`,
    reason,
    hint: HINT,
  })
}

export function countOps({ steps }: Program): number {
  let count = 0
  for (const { ops } of steps) count += ops.length
  return count
}

/** @throws SystemError when header, descriptors or slots are out of range; ConfigInvalid with too many ops. */
export function validateProgram(program: Program): void {
  const { descriptorCount, descriptorSlot = FIRST_SENT } = program
  const opCount = countOps(program)
  if (opCount > LIMITS.MAX_OPS) {
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'encode the program for init',
      reason: `it needs ${opCount} ops and may have ${LIMITS.MAX_OPS}`,
      hint: 'the configuration asks for too many mounts, devices or paths',
    })
  }
  const fits =
    isIndex(descriptorCount, LIMITS.MAX_DESCRIPTORS + 1) &&
    isIndex(descriptorSlot, LIMITS.SLOTS) &&
    descriptorSlot + descriptorCount <= LIMITS.SLOTS &&
    (descriptorCount === 0 || descriptorSlot !== LIMITS.CONTROL_SLOT)
  if (fits) return
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'encode the program for init',
    reason: `${descriptorCount} descriptors do not fit from slot ${descriptorSlot} on`,
    hint: HINT,
  })
}

/** @throws ConfigInvalid when data and scratch together are more than init takes. */
export function validateDataSize(sizeBytes: number): void {
  if (sizeBytes <= LIMITS.MAX_DATA) return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'encode the program for init',
    reason: `it needs ${sizeBytes} bytes of data and may have ${LIMITS.MAX_DATA}`,
    hint: 'arguments, environment, mount options and paths count',
  })
}

/** @throws ConfigInvalid: a text with a NUL inside would reach the kernel cut short. */
export function validateText(text: string): void {
  if (!text.includes('\0')) return
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'pass to the kernel',
    object: text,
    reason: 'there is a NUL character inside',
    hint: 'the kernel takes a NUL for the end of a text',
  })
}

/** Tells whether a number is an integer in [0, end), where `end` is less than 2^32. */
export function isIndex(value: number, end: number): boolean {
  return value >>> 0 === value && value < end
}

/** @throws SystemError when the count that goes with a table is not its length. */
export function validateTables(op: Op, index: number): void {
  for (let i = 0; i < op.args.length; i++) {
    const arg = op.args[i] as OpArg
    if (typeof arg !== 'object' || !('table' in arg)) continue
    if (op.args[i + 1] === arg.table.length) continue
    refuseOp(op, index, `a table of ${arg.table.length} is counted as ${String(op.args[i + 1])}`)
  }
}
