// Owns how many words may follow the options, told by their names in the help: `ID`, `[SIGNAL]`, `[ARG]...`.

import { usageError } from './options.ts'

/** @throws LibcontainerError ConfigInvalid */
export function checkOperands(name: string, operands: readonly string[], given: readonly string[]): void {
  const least = operands.filter((operand) => !operand.startsWith('[')).length
  const most = operands.some((operand) => operand.endsWith('...')) ? Infinity : operands.length
  if (given.length >= least && given.length <= most) return
  throw usageError(`runt ${name}`, `expected ${operands.join(' ') || 'nothing'} after the options`)
}
