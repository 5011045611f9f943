// Owns reading and writing a non-blocking descriptor as a stream: at once where possible, else when the reactor says.

import { ERRNO } from '../abi/errno.ts'
import { POLLIN, POLLOUT } from '../abi/flags.ts'
import type { Kernel } from './kernel.ts'
import { syscall, systemError } from './syscall.ts'

/**
 * Waits for bytes and reads what there is.
 * @returns how many; 0 at the end of the stream, which the last close of a terminal's other side (EIO) is too
 * @throws LibcontainerError SystemError
 */
export async function readSome(kernel: Kernel, fd: number, into: Uint8Array): Promise<number> {
  for (;;) {
    const length = syscall(kernel, 'read', fd, into, into.length)
    if (length >= 0) return length
    if (length === -ERRNO.EIO) return 0
    if (length === -ERRNO.EAGAIN) await waitFor(kernel, fd, POLLIN)
    else if (length !== -ERRNO.EINTR) throw systemError(length, 'read', { action: 'read from a stream' })
  }
}

/** Writes all of the bytes, as fast as the other side takes them. @throws LibcontainerError SystemError */
export async function writeAll(kernel: Kernel, fd: number, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0; ) {
    const written = syscall(kernel, 'write', fd, rest, rest.length)
    if (written >= 0) rest = rest.subarray(written)
    else if (written === -ERRNO.EAGAIN) await waitFor(kernel, fd, POLLOUT)
    else if (written !== -ERRNO.EINTR) throw systemError(written, 'write', { action: 'write to a stream' })
  }
}

async function waitFor(kernel: Kernel, fd: number, events: number): Promise<void> {
  const result = await kernel.poll(fd, events)
  // 0: the descriptor was let go while we waited.
  if (result <= 0)
    throw systemError(result === 0 ? ERRNO.EBADF : result, 'poll', { action: 'wait for a stream' })
}
