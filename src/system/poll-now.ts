// Owns asking a descriptor what it is ready for at this moment, without waiting.

import type { Kernel } from './kernel.ts'
import { syscall } from './syscall.ts'

/** What poll(2) says of a descriptor right now: those of the events that are so, and POLLERR and POLLHUP. */
export function pollNow(kernel: Kernel, fd: number, events: number): number {
  const pollfd = new Uint8Array(8)
  const view = new DataView(pollfd.buffer)
  view.setInt32(0, fd, true)
  view.setInt16(4, events, true)
  syscall(kernel, 'ppoll', pollfd, 1, new Uint8Array(16), null, 0)
  return view.getInt16(6, true)
}
