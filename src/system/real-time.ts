// Owns the wall clock as text, to the nanosecond: things that are made one after another differ in it.

import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

const CLOCK_REALTIME = 0
const NANOS_DIGITS = 9

/** RFC 3339 in UTC with nine digits behind the seconds (clock_gettime(2)). */
export function realTime(kernel: Kernel): string {
  const time = new BigInt64Array(2)
  syscall(kernel, 'clock_gettime', CLOCK_REALTIME, new Uint8Array(time.buffer))
  const seconds = new Date(Number(time[0]) * 1000).toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)
  return `${seconds}.${String(time[1]).padStart(NANOS_DIGITS, '0')}Z`
}
