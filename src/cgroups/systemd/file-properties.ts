// Owns which property of a unit each file of cgroup v2 is, and its value in systemd's terms
// (systemd.resource-control(5)). What it does not know stays in the file alone. Pure.

import type { Setting } from '../settings.ts'
import type { Variant } from './dbus-value.ts'

export type Property = readonly [name: string, value: Variant]

export const INFINITY = 0xffffffffffffffffn
/** systemd keeps the time of a second to 10 ms. */
const STEP_MICROS = 10_000
const DEFAULT_PERIOD_MICROS = 100_000
const BINARY_SUFFIXES = 'KMGTPE'
const BITS_OF_BYTE = 8

type Convert = (text: string) => readonly Property[]

const CONVERSIONS: Readonly<Record<string, Convert>> = {
  'memory.min': bytesAs('MemoryMin'),
  'memory.low': bytesAs('MemoryLow'),
  'memory.high': bytesAs('MemoryHigh'),
  'memory.max': bytesAs('MemoryMax'),
  'memory.swap.max': bytesAs('MemorySwapMax'),
  // systemd takes no limit of 0.
  'pids.max': countAs('TasksMax', 1n),
  'cpu.weight': countAs('CPUWeight', 1n),
  // Since version 252 a weight of 0 is idle. One that is not idle has the weight that is told, or the usual one.
  'cpu.idle': (text) => [['CPUWeight', { signature: 't', value: text === '1' ? 0n : 100n }]],
  'cpu.max': cpuQuota,
  'cpuset.cpus': maskAs('AllowedCPUs'),
  'cpuset.mems': maskAs('AllowedMemoryNodes'),
}

/** The properties of what is written, the last word on each. */
export function fileProperties(settings: readonly Setting[]): readonly Property[] {
  const properties = new Map<string, Property>()
  for (const { file, value } of settings)
    for (const property of CONVERSIONS[file]?.(value.trim()) ?? []) properties.set(property[0], property)
  return [...properties.values()]
}

function bytesAs(name: string): Convert {
  return (text) => {
    const bytes = text === 'max' ? INFINITY : parseBytes(text)
    return bytes === null ? [] : [[name, { signature: 't', value: bytes }]]
  }
}

// As the kernel reads them: 16M is 16 << 20.
function parseBytes(text: string): bigint | null {
  const [, digits, suffix = ''] = /^(\d+)([KMGTPE]?)$/i.exec(text) ?? []
  if (digits === undefined) return null
  const power = suffix === '' ? 0 : BINARY_SUFFIXES.indexOf(suffix.toUpperCase()) + 1
  return BigInt(digits) << BigInt(10 * power)
}

function countAs(name: string, least: bigint): Convert {
  return (text) => {
    if (text !== 'max' && !/^\d+$/.test(text)) return []
    const count = text === 'max' ? INFINITY : BigInt(text)
    return [[name, { signature: 't', value: count < least ? least : count }]]
  }
}

/** Microseconds of a second, rounded up as systemd would. @param quotaMicros negative: unlimited */
export function quotaPerSecond(quotaMicros: number, periodMicros = DEFAULT_PERIOD_MICROS): bigint {
  if (quotaMicros < 0) return INFINITY
  return BigInt(Math.ceil((quotaMicros * 1e6) / periodMicros / STEP_MICROS) * STEP_MICROS)
}

function cpuQuota(text: string): readonly Property[] {
  const [, quota, period = DEFAULT_PERIOD_MICROS] = /^(max|\d+)(?:\s+(\d+))?$/.exec(text) ?? []
  if (quota === undefined || Number(period) === 0) return []
  const perSecond = quotaPerSecond(quota === 'max' ? -1 : Number(quota), Number(period))
  return [
    ['CPUQuotaPerSecUSec', { signature: 't', value: perSecond }],
    ['CPUQuotaPeriodUSec', { signature: 't', value: BigInt(period) }],
  ]
}

// A list such as 0-3,5 is a mask of bytes, the lowest first. The kernel is asked first, and refuses what is no list.
function maskAs(name: string): Convert {
  return (text) => {
    const bytes: number[] = []
    for (const range of text === '' ? [] : text.split(',')) {
      const [, first, last = first] = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(range.trim()) ?? []
      if (first === undefined) return []
      for (let bit = Number(first); bit <= Number(last); bit++) {
        const at = Math.trunc(bit / BITS_OF_BYTE)
        while (bytes.length <= at) bytes.push(0)
        bytes[at] = (bytes[at] as number) | (1 << (bit % BITS_OF_BYTE))
      }
    }
    return [[name, { signature: 'ay', value: bytes }]]
  }
}
