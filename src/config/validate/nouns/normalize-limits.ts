// Owns the check of the limits of a cgroup: ranges as the kernel has them, and limits that contradict each other.

import type { CpuLimits, CpusetLimits, MemoryLimits, PidsLimits } from '../../cgroup.ts'
import { numberListAt } from '../values/number-list-at.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { booleanAt, integerFrom } from '../values/scalar-at.ts'

const MAX_BYTES = 0x7fff_ffff_ffff_ffffn

/** MAX_BW in microseconds, 2^44-1 (kernel/sched/sched.h). */
const MAX_QUOTA_MICROS = 0xfff_ffff_ffff
/** Bounds of a cfs period, and the least quota: 1 ms to 1 s (kernel/sched/core.c). */
const MIN_PERIOD_MICROS = 1000
const MAX_PERIOD_MICROS = 1_000_000
/** def_rt_bandwidth (kernel/sched/rt.c). */
const DEFAULT_REALTIME_PERIOD_MICROS = 1_000_000
/** PID_MAX_LIMIT on 64-bit machines (include/linux/threads.h). */
const MAX_PIDS = 4_194_304

const MEMORY: Shape<MemoryLimits> = {
  what: 'a set of memory limits',
  readers: {
    limitBytes: bytesOrUnlimited(1n),
    swapBytes: bytesOrUnlimited(1n),
    reservationBytes: bytesOrUnlimited(0n),
    swappiness: integerFrom(0, 100),
    oomKillDisable: booleanAt,
    kernelBytes: bytesOrUnlimited(1n),
    kernelTcpBytes: bytesOrUnlimited(1n),
    checkBeforeUpdate: booleanAt,
  },
  required: [],
}

/** Reads limits of memory one by one: what they say together is unchecked. */
export function memoryAt(value: unknown, at: string): MemoryLimits {
  return recordAt(value, at, MEMORY)
}

export function normalizeMemory(value: unknown, at: string): MemoryLimits {
  const memory = memoryAt(value, at)
  const { limitBytes, swapBytes } = memory
  if (swapBytes === undefined || swapBytes === -1n) return memory
  if (limitBytes === undefined || limitBytes === -1n) {
    refuseField(
      `${at}.swapBytes`,
      'it counts memory and swap together, and memory has no limit',
      'give limitBytes',
    )
  }
  if (swapBytes < limitBytes) {
    refuseValue(
      `${at}.swapBytes`,
      `memory and swap together, at least the limit of ${limitBytes}n`,
      swapBytes,
    )
  }
  return memory
}

const CPU: Shape<CpuLimits> = {
  what: 'a set of cpu limits',
  readers: {
    shares: integerFrom(2, 262_144),
    quotaMicros: orUnlimited(integerFrom(MIN_PERIOD_MICROS, MAX_QUOTA_MICROS)),
    periodMicros: integerFrom(MIN_PERIOD_MICROS, MAX_PERIOD_MICROS),
    burstMicros: integerFrom(0, MAX_QUOTA_MICROS),
    idle: booleanAt,
    realtimeRuntimeMicros: orUnlimited(integerFrom(0, MAX_QUOTA_MICROS)),
    realtimePeriodMicros: integerFrom(1, MAX_QUOTA_MICROS),
  },
  required: [],
}

/** Reads limits of the cpu one by one: what they say together is unchecked. */
export function cpuAt(value: unknown, at: string): CpuLimits {
  return recordAt(value, at, CPU)
}

export function normalizeCpu(value: unknown, at: string): CpuLimits {
  const cpu = cpuAt(value, at)
  const runtime = cpu.realtimeRuntimeMicros ?? 0
  const period = cpu.realtimePeriodMicros ?? DEFAULT_REALTIME_PERIOD_MICROS
  const quota = cpu.quotaMicros ?? -1
  if (quota >= 0 && (cpu.burstMicros ?? 0) > quota)
    refuseValue(`${at}.burstMicros`, `at most the quota of ${quota}`, cpu.burstMicros)
  if (runtime > period) refuseValue(`${at}.realtimeRuntimeMicros`, `at most the period of ${period}`, runtime)
  return cpu
}

const CPUSET: Shape<CpusetLimits> = {
  what: 'a cpuset',
  readers: { cpus: numberListAt, mems: numberListAt },
  required: [],
}

export function normalizeCpuset(value: unknown, at: string): CpusetLimits {
  return recordAt(value, at, CPUSET)
}

const PIDS: Shape<PidsLimits> = {
  what: 'a limit of processes',
  readers: { limit: orUnlimited(integerFrom(1, MAX_PIDS)) },
  required: ['limit'],
}

export function normalizePids(value: unknown, at: string): PidsLimits {
  return recordAt(value, at, PIDS)
}

/** Reads bytes as a bigint, or -1n for no limit. */
export function bytesOrUnlimited(min: bigint): Reader<bigint> {
  return (value, at) => {
    if (value === -1n || (typeof value === 'bigint' && value >= min && value <= MAX_BYTES)) return value
    const hint = Number.isSafeInteger(value) ? `64-bit numbers are written with an n: ${value}n` : undefined
    refuseValue(at, `bytes as a bigint, from ${min}n to 2^63-1, or -1n for no limit`, value, hint)
  }
}

/** Reads what a reader does, or -1 for no limit. */
export function orUnlimited(read: Reader<number>): Reader<number> {
  return (value, at) => (value === -1 ? -1 : read(value, at))
}
