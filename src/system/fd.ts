// Owns opening, closing and asking descriptors. Every descriptor that it opens is close-on-exec.

import { AT_FDCWD, F_DUPFD_CLOEXEC, F_GETFL, F_SETFL, O_CLOEXEC, O_NONBLOCK } from '../abi/flags.ts'
import type { Kernel } from './kernel.ts'
import { type Attempt, checked, syscall } from './syscall.ts'

/** openat(2) with O_CLOEXEC: the descriptor, owned by the caller. @throws SystemError */
export function openFd(
  kernel: Kernel,
  path: string,
  flags: number,
  attempt: Attempt = { action: 'open', object: path },
  directory: number = AT_FDCWD,
): number {
  return checked(syscall(kernel, 'openat', directory, path, flags | O_CLOEXEC, 0), 'openat', attempt)
}

/** Ends a pending poll on the descriptor, then closes it. A negative number is nothing to close. */
export function closeFd(kernel: Kernel, fd: number): void {
  if (fd < 0) return
  kernel.unpoll(fd)
  syscall(kernel, 'close', fd)
}

/** Closes many. */
export function closeAll(kernel: Kernel, fds: Iterable<number>): void {
  for (const fd of fds) closeFd(kernel, fd)
}

/** Whether a number of the caller's is an open descriptor. */
export function isOpenFd(kernel: Kernel, fd: number): boolean {
  return syscall(kernel, 'fcntl', fd, F_GETFL) >= 0
}

/** The same open file once more, owned by the caller. @throws SystemError */
export function duplicateFd(kernel: Kernel, fd: number): number {
  const copy = syscall(kernel, 'fcntl', fd, F_DUPFD_CLOEXEC, 0)
  return checked(copy, 'fcntl', { action: 'duplicate', object: `descriptor ${fd}` })
}

/** A pipe: the read end and the write end, both owned by the caller. @throws SystemError */
export function openPipe(kernel: Kernel): readonly [read: number, write: number] {
  const ends = new Int32Array(2)
  checked(syscall(kernel, 'pipe2', new Uint8Array(ends.buffer), O_CLOEXEC), 'pipe2', {
    action: 'make a pipe',
  })
  return [ends[0] as number, ends[1] as number]
}

/** Sets O_NONBLOCK on the open file behind a descriptor; every holder of that open file is affected. */
export function setNonBlocking(kernel: Kernel, fd: number): void {
  const attempt = { action: 'set O_NONBLOCK on', object: `descriptor ${fd}` }
  const flags = checked(syscall(kernel, 'fcntl', fd, F_GETFL), 'fcntl', attempt)
  checked(syscall(kernel, 'fcntl', fd, F_SETFL, flags | O_NONBLOCK), 'fcntl', attempt)
}

/** What poll(2) says of a descriptor right now: those of the events that are so, and POLLERR and POLLHUP. */
export function pollNow(kernel: Kernel, fd: number, events: number): number {
  const pollfd = new Uint8Array(8)
  const view = new DataView(pollfd.buffer)
  view.setInt32(0, fd, true)
  view.setInt16(4, events, true)
  syscall(kernel, 'ppoll', pollfd, 1, new Uint8Array(16), null, 0)
  return view.getInt16(6, true)
}
