// Owns reading PSI files: how long tasks waited for a resource (Documentation/accounting/psi.rst).

import { AT_FDCWD } from '../abi/flags.ts'
import type { Kernel } from '../system/kernel.ts'
import type { Pressure, PressureShare } from './cgroup-stats.ts'

const LIMIT_BYTES = 4096
const LINE =
  /^(?<kind>some|full) avg10=(?<avg10>[\d.]+) avg60=(?<avg60>[\d.]+) avg300=(?<avg300>[\d.]+) total=(?<total>\d+)$/gm

/**
 * The pressure on a resource, or null: the kernel has no PSI, or it is turned off (psi=0, cgroup.pressure).
 * @param directory of cgroup v2; undefined where there is none
 */
export function readPressure(
  kernel: Kernel,
  directory: string | undefined,
  resource: 'cpu' | 'memory' | 'io',
): Pressure | null {
  if (directory === undefined) return null
  // Turned off, it is there and answers EOPNOTSUPP.
  const bytes = kernel.readFile(AT_FDCWD, `${directory}/${resource}.pressure`, 0, LIMIT_BYTES)
  return typeof bytes === 'number' ? null : parsePressure(kernel.decodeText(bytes))
}

/** The text of a PSI file; null where it has no line of `some`. */
export function parsePressure(text: string): Pressure | null {
  const shares: { some?: PressureShare; full?: PressureShare } = {}
  for (const { groups } of text.matchAll(LINE)) {
    shares[groups?.kind as 'some' | 'full'] = {
      avg10: Number(groups?.avg10),
      avg60: Number(groups?.avg60),
      avg300: Number(groups?.avg300),
      totalMicros: BigInt(groups?.total ?? 0),
    }
  }
  const { some, ...full } = shares
  return some === undefined ? null : { some, ...full }
}
