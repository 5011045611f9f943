// Owns the reader of lists of CPUs and memory nodes.

import { refuseValue } from './refuse.ts'

/** More than any kernel is built for (CONFIG_NR_CPUS, MAX_NUMNODES). */
const MAX_NUMBER = 65_535

/** Reads the list format of cpuset(7): `0-3,5`. */
export function numberListAt(value: unknown, at: string): string {
  const isList = typeof value === 'string' && value.split(',').every(isRange)
  if (!isList) refuseValue(at, 'a list of numbers and ranges, such as "0-3,5"', value)
  return value
}

function isRange(text: string): boolean {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return false
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])]
  return first <= last && last <= MAX_NUMBER
}

/** How many numbers a list names, of which none is named twice. */
export function countNumbers(list: string): number {
  const spans = list.split(',').map((range) => range.split('-').map(Number))
  return spans.reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0)
}
