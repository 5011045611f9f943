// Owns how the options of `runt update` become resources of the OCI specification. Their ranges are the core's to check.

import type { IntelRdtSchemas } from '../core.ts'
import { type Options, type OptionValues, usageError } from './options.ts'

export const LIMIT_OPTIONS = {
  memory: { value: 'SIZE', help: 'memory: bytes, or 512M, 2g and the like; -1 for no limit' },
  'memory-reservation': { value: 'SIZE', help: 'what it keeps when memory is short' },
  'memory-swap': { value: 'SIZE', help: 'memory and swap together; -1 for no limit' },
  'cpu-share': { value: 'N', help: 'weight against others, 2 to 262144' },
  'cpu-quota': { value: 'MICROS', help: 'CPU time in each period; -1 for no limit' },
  'cpu-period': { value: 'MICROS', help: 'the period of the quota' },
  'cpu-burst': { value: 'MICROS', help: 'how much unused quota may be saved up' },
  'cpu-idle': { value: '0|1', help: '1: run only when nothing else wants to' },
  'cpu-rt-period': { value: 'MICROS', help: 'the period of realtime processes' },
  'cpu-rt-runtime': { value: 'MICROS', help: 'CPU time of realtime processes in each period' },
  'cpuset-cpus': { value: 'LIST', help: 'the CPUs that it may use: 0-3,5' },
  'cpuset-mems': { value: 'LIST', help: 'the memory nodes that it may use' },
  'pids-limit': { value: 'N', help: 'processes and threads; -1 for no limit' },
  'blkio-weight': { value: 'N', help: 'weight of its disk traffic, 10 to 1000' },
  'l3-cache-schema': { value: 'SCHEMA', help: 'Intel RDT: parts of the caches: L3:0=ff;1=c0' },
  'mem-bw-schema': { value: 'SCHEMA', help: 'Intel RDT: memory bandwidth: MB:0=20;1=70' },
  'kernel-memory': { value: 'SIZE', hidden: true, help: 'understood, and passed over as in runc' },
  'kernel-memory-tcp': { value: 'SIZE', hidden: true, help: 'understood, and passed over as in runc' },
} as const satisfies Options

type LimitValues = OptionValues<typeof LIMIT_OPTIONS>

/** @returns resources as JSON has them @throws LibcontainerError ConfigInvalid */
export function resourcesOf(options: LimitValues): object {
  const take = <T>(name: keyof LimitValues, read: (name: string, text: string) => T): T | undefined => {
    const text = options[name]
    return text === undefined ? undefined : read(`--${name}`, text)
  }
  return {
    memory: {
      limit: take('memory', parseSize),
      reservation: take('memory-reservation', parseSize),
      swap: take('memory-swap', parseSize),
    },
    cpu: {
      shares: take('cpu-share', parseInteger),
      quota: take('cpu-quota', parseInteger),
      period: take('cpu-period', parseInteger),
      burst: take('cpu-burst', parseInteger),
      idle: take('cpu-idle', parseInteger),
      realtimePeriod: take('cpu-rt-period', parseInteger),
      realtimeRuntime: take('cpu-rt-runtime', parseInteger),
      cpus: options['cpuset-cpus'],
      mems: options['cpuset-mems'],
    },
    // 0 is as little as there can be, where JSON has it for what is not given.
    pids: { limit: take('pids-limit', (name, text) => parseInteger(name, text) || 1) },
    blockIO: { weight: take('blkio-weight', parseInteger) },
  }
}

/** What the options ask of resctrl; null: nothing. */
export function schemasOf(options: LimitValues): IntelRdtSchemas | null {
  const { 'l3-cache-schema': l3CacheSchema, 'mem-bw-schema': memBwSchema } = options
  if (!l3CacheSchema && !memBwSchema) return null
  return { ...(l3CacheSchema && { l3CacheSchema }), ...(memBwSchema && { memBwSchema }) }
}

function parseInteger(name: string, text: string): number | bigint {
  if (!/^-?\d{1,19}$/.test(text))
    throw usageError(name, `expected a whole number, got ${JSON.stringify(text)}`)
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : BigInt(text)
}

const UNITS = 'kmgtp'
const SIZE = /^(\d{1,19}(?:\.\d{1,9})?) ?(?:([kmgtp])?i?b?)$/i

/** As `units.RAMInBytes` has it, of which Docker and runc make use: 1k, 1kB and 1KiB are 1024 bytes. */
function parseSize(name: string, text: string): number | bigint {
  if (text === '-1') return -1
  const [, number, unit = ''] = SIZE.exec(text) ?? []
  if (number === undefined)
    throw usageError(name, `expected a size such as 512M, or -1, got ${JSON.stringify(text)}`)
  const factor = 1024 ** (UNITS.indexOf(unit.toLowerCase()) + 1)
  const bytes = unit === '' ? 1 : factor
  return number.includes('.') ? Math.trunc(Number(number) * bytes) : exact(BigInt(number) * BigInt(bytes))
}

const exact = (value: bigint): number | bigint => (value <= Number.MAX_SAFE_INTEGER ? Number(value) : value)
