// Owns how many words may follow the options, told by their names in the help: `ID`, `[SIGNAL]`, `[ARG]...`.

import { usageError } from './options.ts'

/** @throws LibcontainerError ConfigInvalid */
export function checkOperands(name: string, operands: readonly string[], given: readonly string[]): void {
  const most = takesMore(operands) ? Infinity : operands.length
  let least = 0
  for (const operand of operands) if (!operand.startsWith('[')) least++
  if (given.length >= least && given.length <= most) return
  throw usageError(`runt ${name}`, `expected ${operands.join(' ') || 'nothing'} after the options`)
}

/** Whether the last one stands for any number of words. */
export function takesMore(operands: readonly string[]): boolean {
  return operands.at(-1)?.endsWith('...') ?? false
}
