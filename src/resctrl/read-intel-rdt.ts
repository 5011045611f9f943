// Owns reading what resctrl says of a container's groups: schemata, what the CPU can do, and counters. A counter that
// the CPU has none of at the moment is absent.

import type { ResctrlGroup } from '../config/intel-rdt.ts'
import { readDirectory, readText, readTextIfExists } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'

/** What the CPU can divide (`info/L3`, `info/MB`): the kernel's files by their names, such as `cbm_mask`. */
export type IntelRdtInfo = Readonly<Record<string, string>>

/** Counters of one cache, or of the memory behind it. */
export interface IntelRdtCounters {
  /** `mon_L3_00` */
  readonly domain: string
  /** Bytes of the cache in use. */
  readonly llcOccupancyBytes?: bigint
  /** Bytes to and from memory, also of other nodes. */
  readonly mbmTotalBytes?: bigint
  /** Bytes to and from the node's own memory. */
  readonly mbmLocalBytes?: bigint
}

export interface IntelRdtStats {
  /** Lines of the container's class. */
  readonly schemata: readonly string[]
  /** Those of the default class. */
  readonly rootSchemata: readonly string[]
  /** null: the machine does not divide its L3 caches. */
  readonly l3: IntelRdtInfo | null
  /** null: it does not divide the bandwidth of memory. */
  readonly memoryBandwidth: IntelRdtInfo | null
  /** Of the container where it is monitored, else of its whole class. */
  readonly counters: readonly IntelRdtCounters[]
}

/** @throws LibcontainerError SystemError, also when the group is gone */
export function readIntelRdt(kernel: Kernel, { mount, path, monitor }: ResctrlGroup): IntelRdtStats {
  const data = `${monitor ?? path}/mon_data`
  const domains = (readDirectory(kernel, data) ?? []).filter(({ isDirectory }) => isDirectory)
  return {
    schemata: linesIn(kernel, path),
    rootSchemata: linesIn(kernel, mount),
    l3: readInfo(kernel, `${mount}/info/L3`, ['cbm_mask', 'min_cbm_bits', 'num_closids']),
    memoryBandwidth: readInfo(kernel, `${mount}/info/MB`, [
      'bandwidth_gran',
      'delay_linear',
      'min_bandwidth',
      'num_closids',
    ]),
    counters: domains
      .map(({ name }) => name)
      .sort()
      .map((domain) => ({
        domain,
        ...readCounter(kernel, `${data}/${domain}/llc_occupancy`, 'llcOccupancyBytes'),
        ...readCounter(kernel, `${data}/${domain}/mbm_total_bytes`, 'mbmTotalBytes'),
        ...readCounter(kernel, `${data}/${domain}/mbm_local_bytes`, 'mbmLocalBytes'),
      })),
  }
}

function linesIn(kernel: Kernel, group: string): readonly string[] {
  const lines = readText(kernel, `${group}/schemata`).split('\n')
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

function readInfo(kernel: Kernel, directory: string, files: readonly string[]): IntelRdtInfo | null {
  const texts = files.flatMap((file) => {
    const text = readTextIfExists(kernel, `${directory}/${file}`)
    return text === null ? [] : [[file, text.trim()] as const]
  })
  return texts.length === 0 ? null : Object.fromEntries(texts)
}

/** `Unavailable` and `Error` are no numbers (resctrl.rst). */
function readCounter<K extends string>(kernel: Kernel, file: string, key: K): { readonly [P in K]?: bigint } {
  const text = (readTextIfExists(kernel, file) ?? '').trim()
  return (/^\d+$/.test(text) ? { [key]: BigInt(text) } : {}) as { readonly [P in K]?: bigint }
}
