// Owns what a cgroup's events come from: a descriptor to wait for, and what to make of it. Waiting is the caller's.
// Nothing is held but descriptors, all close-on-exec, until `close`.

import { ERRNO } from '../abi/errno.ts'
import { closeFd, openFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { type Attempt, checked, syscall } from '../system/syscall.ts'
import { parseKeyedCounters } from './read-counters.ts'

export interface EventSource<T> {
  /** To poll. */
  readonly fd: number
  /** The poll(2) events to wait for. */
  readonly events: number
  /**
   * An event, if there was one; never waits. Also asked before the first wait and after the last.
   * @param ready what poll said, 0 when it was not asked
   */
  take(ready: number): T | null
  /** Whether the cgroup is gone, or has no process left: no event can come any more. */
  isGone(): boolean
  close(): void
}

/** Larger than any file of a cgroup that is watched. */
const SIZE = 4096

/** A file of a cgroup that stays open: it is of this cgroup, also when another one with its path was made since. */
export class WatchedFile {
  readonly #kernel: Kernel
  readonly #fd: number
  readonly #path: string

  /** @throws LibcontainerError SystemError */
  constructor(kernel: Kernel, path: string, attempt: Attempt) {
    this.#kernel = kernel
    this.#path = path
    this.#fd = openFd(kernel, path, 0, attempt)
  }

  /** Its numbers by key; null when the cgroup is gone. @throws LibcontainerError SystemError */
  read(): Readonly<Record<string, bigint>> | null {
    const attempt = { action: 'read', object: this.#path }
    const buffer = new Uint8Array(SIZE)
    // Either call may be the one that hears of the removal.
    const sought = syscall(this.#kernel, 'lseek', this.#fd, 0, 0)
    const length = sought < 0 ? sought : syscall(this.#kernel, 'read', this.#fd, buffer, SIZE)
    if (length === -ERRNO.ENODEV) return null
    checked(length, 'read', attempt)
    return parseKeyedCounters(this.#kernel.decodeText(buffer.subarray(0, length)))
  }

  close(): void {
    closeFd(this.#kernel, this.#fd)
  }
}
