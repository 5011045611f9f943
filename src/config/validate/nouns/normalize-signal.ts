// Owns the check of the name of a signal; every spelling becomes the kernel's.

import { SIGNALS, signalName, signalNumber } from '../../../abi/signals.ts'
import { didYouMean } from '../values/closest-name.ts'
import { refuseValue } from '../values/refuse.ts'

export function normalizeSignal(value: unknown, at: string): string {
  const number = typeof value === 'string' ? signalNumber(value) : null
  const name = number === null ? null : signalName(number)
  if (name === null) {
    const hint = typeof value === 'string' ? didYouMean(value, Object.keys(SIGNALS)) : undefined
    refuseValue(at, 'the name of a signal, such as "SIGKILL"', value, hint)
  }
  return name
}
