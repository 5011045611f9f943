// Owns waiting for a descriptor with a time limit.

import { POLLIN } from '../abi/flags.ts'
import { closeFd } from './fd.ts'
import type { Kernel } from './kernel.ts'
import { checked, syscall } from './syscall.ts'

const CLOCK_MONOTONIC = 1
const TFD_CLOEXEC = 0x80000

/** Waits for poll(2) events: those that came (or the negated errno), or 0 when the time was up first. */
export async function pollWithin(
  kernel: Kernel,
  fd: number,
  events: number,
  timeoutMs: number,
): Promise<number> {
  const attempt = { action: 'make a timer' }
  const timer = checked(
    syscall(kernel, 'timerfd_create', CLOCK_MONOTONIC, TFD_CLOEXEC),
    'timerfd_create',
    attempt,
  )
  try {
    const millis = BigInt(Math.max(1, Math.ceil(timeoutMs)))
    const spec = new BigInt64Array([0n, 0n, millis / 1000n, (millis % 1000n) * 1_000_000n])
    checked(
      syscall(kernel, 'timerfd_settime', timer, 0, new Uint8Array(spec.buffer), null),
      'timerfd_settime',
      attempt,
    )
    return await Promise.race([kernel.poll(fd, events), kernel.poll(timer, POLLIN).then(() => 0)])
  } finally {
    // The poll that lost would keep the host's loop alive.
    kernel.unpoll(fd)
    closeFd(kernel, timer)
  }
}
