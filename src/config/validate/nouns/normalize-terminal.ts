// Owns the check of the terminal that a process asks for.

import type { TerminalOptions, TerminalSize } from '../../process.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { booleanAt, integerFrom } from '../values/scalar-at.ts'

// struct winsize counts in 16 bits.
const count = integerFrom(0, 0xffff)

const TERMINAL: Shape<Partial<TerminalOptions>> = {
  what: 'a terminal',
  readers: { columns: count, rows: count, onlcr: booleanAt },
  required: [],
}

const SIZE: Shape<TerminalSize> = {
  what: 'a size',
  readers: { columns: count, rows: count },
  required: ['columns', 'rows'],
}

/** What terminals are taken for since the VT100, unless the caller knows better. */
const DEFAULT: TerminalOptions = Object.freeze({ columns: 80, rows: 24, onlcr: true })

export const normalizeTerminal: Reader<TerminalOptions | false> = (value, at) => {
  if (value === false) return false
  return value === true ? DEFAULT : Object.freeze({ ...DEFAULT, ...recordAt(value, at, TERMINAL) })
}

/** A window's size where a terminal has one already: both numbers are wanted. */
export const terminalSizeAt: Reader<TerminalSize> = (value, at) => recordAt(value, at, SIZE)
