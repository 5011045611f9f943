// Owns capabilities as bits: a mask has bit n for capability number n, as in /proc/PID/status.

import { CAPABILITY_NUMBERS, type Capability } from '../config/capability.ts'
import { LibcontainerError } from '../errors.ts'

/** The number of a capability, with or without the prefix. @throws `ConfigInvalid` for an unknown name */
export function capabilityNumber(name: Capability): number {
  const number = CAPABILITY_NUMBERS.get(name.startsWith('CAP_') ? name.slice(4) : name)
  if (number === undefined) {
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'use the capability',
      object: name,
      reason: 'there is no capability of this name',
    })
  }
  return number
}

/** The mask of a list of capabilities. @throws `ConfigInvalid` for an unknown name */
export function capabilityMask(names: readonly Capability[]): bigint {
  let mask = 0n
  for (const name of names) mask |= 1n << BigInt(capabilityNumber(name))
  return mask
}
