// Owns the numbers of an architecture cut into ranges, each with one decision. It knows no instructions.

import { ARM_PRIVATE_BASE, type FilterArch, NO_CALL, X32_SYSCALL_BIT } from '../abi/syscall-numbers.ts'
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

function cutTable(ranges: Ranges, table: string, base: number, decisions: Decisions): void {
  const { byCall, byDefault, forNewer } = decisions
  let current = UNNAMED
  let newest = UNNAMED
  for (let number = 0; number < table.length; number++) {
    const index = table.charCodeAt(number)
    let decision = index === NO_CALL ? UNNAMED : (byCall[index] as number)
    if (decision === UNNAMED) decision = byDefault
    else newest = number
    if (decision === current) continue
    begin(ranges, base + number, decision)
    current = decision
  }
  // Nothing is newer than a profile that names nothing.
  if (newest !== UNNAMED) begin(ranges, base + newest + 1, forNewer)
}

/** Begins a range, in place of what was to begin there or later. */
function begin({ starts, decisions }: Ranges, start: number, decision: number): void {
  while ((starts.at(-1) ?? -1) >= start) {
    starts.pop()
    decisions.pop()
  }
  if (decisions.at(-1) === decision) return
  starts.push(start)
  decisions.push(decision)
}
