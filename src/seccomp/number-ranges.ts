// Owns the numbers of an architecture cut into ranges, each with one decision. It knows no instructions.

import { ARM_PRIVATE_BASE, type FilterArch, X32_SYSCALL_BIT } from '../abi/syscall-numbers.ts'
import { SYSCALL_TABLES } from '../abi/syscall-table.gen.ts'
import { type Decisions, UNNAMED } from './decide-calls.ts'

/** Range `i` goes from `starts[i]` to the number before `starts[i + 1]`, the last one to 2^32-1; the first is 0. */
export interface Ranges {
  readonly starts: number[]
  /** Places in the list of decisions. */
  readonly decisions: number[]
}

/** Calls are numbered from 0; x86_64 has those of x32 above, and behind them -1, which a tracer skips a call with. */
export function cutNumbers(arch: FilterArch, decisions: Decisions, hasX32: boolean): Ranges {
  const ranges: Ranges = { starts: [], decisions: [] }
  cutTable(ranges, SYSCALL_TABLES[arch], 0, decisions)
  if (arch === 'arm') {
    begin(ranges, ARM_PRIVATE_BASE, decisions.byDefault)
    cutTable(ranges, SYSCALL_TABLES.armPrivate, ARM_PRIVATE_BASE, {
      ...decisions,
      forNewer: decisions.byDefault,
    })
  }
  if (arch === 'x86_64') {
    if (hasX32) cutTable(ranges, SYSCALL_TABLES.x32, X32_SYSCALL_BIT, decisions)
    else begin(ranges, X32_SYSCALL_BIT, decisions.killProcess)
    begin(ranges, 0xffff_ffff, decisions.byDefault)
  }
  return ranges
}

/** Hundreds of numbers, of which most are decided as the one before: what is done for each is as little as can be. */
function cutTable(
  ranges: Ranges,
  table: string,
  base: number,
  { byCall, byDefault, forNewer }: Decisions,
): void {
  const { length } = table
  let last: number | undefined = Number.NaN
  let newest = UNNAMED
  for (let number = 0; number < length; number++) {
    // Undefined for NO_CALL, which is behind the end.
    const decision = byCall[table.charCodeAt(number)]
    if (decision === last) continue
    if ((last as number) > UNNAMED) newest = number - 1
    last = decision
    begin(ranges, base + number, decision === undefined || decision === UNNAMED ? byDefault : decision)
  }
  if ((last as number) > UNNAMED) newest = length - 1
  // Nothing is newer than a profile that names nothing.
  if (newest !== UNNAMED) begin(ranges, base + newest + 1, forNewer)
}

/** Begins a range, in place of what was to begin there or later. */
function begin({ starts, decisions }: Ranges, start: number, decision: number): void {
  let count = starts.length
  while (count > 0 && (starts[count - 1] as number) >= start) count--
  starts.length = count
  decisions.length = count
  if (count > 0 && decisions[count - 1] === decision) return
  starts[count] = start
  decisions[count] = decision
}
