// Owns the figures of resctrl in a stats event, in the names that callers of runc know (oci-runtimes-2026.md 1.7.4).
// What is 0 or absent there is left out. Pure.

import type { IntelRdtCounters, IntelRdtInfo, IntelRdtStats } from '../core.ts'

type Figures = Readonly<Record<string, unknown>>

export function intelRdtData(stats: IntelRdtStats | null): Figures {
  if (stats === null) return {}
  const { schemata, rootSchemata, l3, memoryBandwidth, counters } = stats
  const mbm = counters.filter((one) => one.mbmTotalBytes !== undefined || one.mbmLocalBytes !== undefined)
  const cmt = counters.filter((one) => one.llcOccupancyBytes !== undefined)
  return {
    ...(l3 && {
      l3_cache_info: infoOf(l3),
      ...lineOf('l3_cache_schema_root', rootSchemata, 'L3'),
      ...lineOf('l3_cache_schema', schemata, 'L3'),
    }),
    ...(memoryBandwidth && {
      mem_bw_info: infoOf(memoryBandwidth),
      ...lineOf('mem_bw_schema_root', rootSchemata, 'MB'),
      ...lineOf('mem_bw_schema', schemata, 'MB'),
    }),
    ...(schemata.length > 0 && { schemata }),
    ...(mbm.length > 0 && { mbm_stats: mbm.map(bandwidthOf) }),
    ...(cmt.length > 0 && { cmt_stats: cmt.map((one) => ({ llc_occupancy: one.llcOccupancyBytes })) }),
  }
}

const bandwidthOf = ({ mbmTotalBytes = 0n, mbmLocalBytes = 0n }: IntelRdtCounters): Figures => ({
  mbm_total_bytes: mbmTotalBytes,
  mbm_local_bytes: mbmLocalBytes,
})

/** The mask stays a text, as it is hexadecimal; numbers become numbers. */
function infoOf(info: IntelRdtInfo): Figures {
  const figures = Object.entries(info).map(
    ([name, text]) => [name, name === 'cbm_mask' ? text : Number(text)] as const,
  )
  return Object.fromEntries(figures.filter(([, value]) => value !== 0))
}

function lineOf(key: string, lines: readonly string[], resource: string): Figures {
  const line = lines.find((one) => one.startsWith(`${resource}:`))
  return line === undefined ? {} : { [key]: line }
}
