// Owns the check of the offsets of a time namespace's clocks.

import type { TimeOffset, TimeOffsets } from '../../namespace.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { bigintFrom, integerFrom } from '../values/scalar-at.ts'

/** KTIME_SEC_MAX (include/linux/ktime.h): 64-bit nanoseconds as seconds. */
const MAX_SECONDS = 9_223_372_036n

const TIME_OFFSET: Shape<TimeOffset> = {
  what: 'an offset',
  readers: { seconds: bigintFrom(-MAX_SECONDS, MAX_SECONDS), nanoseconds: integerFrom(0, 999_999_999) },
  required: ['seconds'],
}

const TIME_OFFSETS: Shape<TimeOffsets> = {
  what: 'a set of offsets',
  readers: { monotonic: normalizeTimeOffset, boottime: normalizeTimeOffset },
  required: [],
}

export function normalizeTimeOffsets(value: unknown, at: string): TimeOffsets {
  return recordAt(value, at, TIME_OFFSETS)
}

function normalizeTimeOffset(value: unknown, at: string): TimeOffset {
  return Object.freeze({ nanoseconds: 0, ...recordAt(value, at, TIME_OFFSET) })
}
