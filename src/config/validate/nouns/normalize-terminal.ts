// Owns the check of the terminal that a process asks for.

import type { TerminalSize } from '../../process.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { integerFrom } from '../values/scalar-at.ts'

// struct winsize counts in 16 bits.
const count = integerFrom(0, 0xffff)

const SIZE: Shape<Partial<TerminalSize>> = {
  what: 'a terminal',
  readers: { columns: count, rows: count },
  required: [],
}

const DEFAULT_SIZE: TerminalSize = Object.freeze({ columns: 80, rows: 24 })

/** What terminals are taken for since the VT100, unless the caller knows better. */
export const normalizeTerminal: Reader<TerminalSize | false> = (value, at) => {
  if (value === false) return false
  return value === true ? DEFAULT_SIZE : Object.freeze({ ...DEFAULT_SIZE, ...recordAt(value, at, SIZE) })
}

/** A window's size where a terminal has one already: both numbers are wanted. */
export const terminalSizeAt: Reader<TerminalSize> = (value, at) =>
  recordAt(value, at, { ...SIZE, required: ['columns', 'rows'] } as Shape<TerminalSize>)
