// Owns timers as descriptors (timerfd_create(2)), so that they are waited for as everything else is.

import type { Kernel } from './kernel.ts'
import { checked, syscall } from './syscall.ts'

const CLOCK_MONOTONIC = 1
const TFD_CLOEXEC = 0x80000
const NANOS_PER_MILLI = 1_000_000n
const NANOS_PER_SECOND = 1000n * NANOS_PER_MILLI

/**
 * A descriptor, owned by the caller, that becomes readable after a time.
 * @param rhythm whether once, or again each time that it has passed
 * @throws SystemError
 */
export function openTimer(kernel: Kernel, milliseconds: number, rhythm: 'once' | 'again'): number {
  const attempt = { action: 'make a timer' }
  const timer = checked(
    syscall(kernel, 'timerfd_create', CLOCK_MONOTONIC, TFD_CLOEXEC),
    'timerfd_create',
    attempt,
  )
  const nanos = BigInt(Math.max(1, Math.round(milliseconds * 1e6)))
  const time = [nanos / NANOS_PER_SECOND, nanos % NANOS_PER_SECOND] as const
  const spec = new BigInt64Array([...(rhythm === 'again' ? time : [0n, 0n]), ...time])
  const set = syscall(kernel, 'timerfd_settime', timer, 0, new Uint8Array(spec.buffer), null)
  if (set < 0) syscall(kernel, 'close', timer)
  checked(set, 'timerfd_settime', attempt)
  return timer
}
