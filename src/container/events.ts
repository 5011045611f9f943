// Owns waiting for events of a container's cgroup, as an async iterable that ends with the container. It holds a few
// descriptors while somebody iterates, and nothing before or after.

import { POLLIN } from '../abi/flags.ts'
import type { EventSource } from '../cgroups/event-source.ts'
import type { CgroupManager, MemoryPressureLevel } from '../cgroups/manager.ts'
import { nameOf } from '../config/validate/values/scalar-at.ts'
import { closeFd } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { checked } from '../system/syscall.ts'
import { type Instance, refreshState, requireCgroup } from './instance.ts'
import { openContainerProcess } from './open-process.ts'

/** The kernel found no more memory for the container. */
export interface OomEvent {
  /**
   * Processes that it has killed for that in the container so far. v1 reports before it kills, and reports also where
   * `oomKillDisable` keeps it from killing; so there it may be one less, or 0.
   */
  readonly kills: bigint
}

/** Memory was short in the container. */
export interface MemoryPressureEvent {
  /** The level that was asked for: it is reached, or passed. */
  readonly level: MemoryPressureLevel
}

/** Reads a level. */
export const pressureLevelAt = nameOf<MemoryPressureLevel>(
  ['low', 'medium', 'critical'],
  'a level of memory pressure',
)

/**
 * Events of a container's cgroup. Each iteration watches by itself, from its beginning on; events that come faster
 * than they are taken become one.
 */
export function watchContainer<T>(
  instance: Instance,
  action: string,
  open: (cgroup: CgroupManager) => EventSource<T>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const cgroup = requireCgroup(instance, action)
      refreshState(instance)
      const pidfd = openContainerProcess(instance, action)
      const { kernel } = instance.host
      try {
        return new EventIterator(kernel, open(cgroup), pidfd)
      } catch (error) {
        closeFd(kernel, pidfd)
        throw error
      }
    },
  }
}

// Not a generator: the return of one waits for the event that it is waiting for itself.
class EventIterator<T> implements AsyncIterator<T, undefined> {
  readonly #kernel: Kernel
  readonly #source: EventSource<T>
  readonly #pidfd: number
  #isClosed = false
  /** The first process has ended: what has happened until then is still told. */
  #isEnded = false
  /** Calls of `next` that overlap take turns: a descriptor has one waiter. */
  #turn: Promise<unknown> = Promise.resolve()

  /** Owns both. */
  constructor(kernel: Kernel, source: EventSource<T>, pidfd: number) {
    this.#kernel = kernel
    this.#source = source
    this.#pidfd = pidfd
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const taken = this.#turn.then(() => this.#take())
    this.#turn = taken.catch(() => undefined)
    return taken
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#close()
    return { done: true, value: undefined }
  }

  async #take(): Promise<IteratorResult<T, undefined>> {
    try {
      for (let ready = 0; !this.#isClosed; ready = await this.#wait()) {
        const event = this.#source.take(ready)
        if (event !== null) return { done: false, value: event }
        if (this.#isEnded || this.#source.isGone()) this.#close()
      }
    } catch (error) {
      this.#close()
      throw error
    }
    return { done: true, value: undefined }
  }

  /** What poll said of the source; 0 when it was something else. */
  async #wait(): Promise<number> {
    if (this.#isClosed) return 0
    const { fd, events } = this.#source
    const attempt = { action: 'wait for an event of the container' }
    const happened = this.#kernel.poll(fd, events)
    const ended = this.#kernel.poll(this.#pidfd, POLLIN).then((ready) => {
      if (ready > 0) this.#isEnded = true
      return Math.min(ready, 0)
    })
    const ready = await Promise.race([happened, ended])
    if (this.#isClosed) return 0
    // The poll that lost would keep the host's loop alive.
    this.#kernel.unpoll(fd)
    this.#kernel.unpoll(this.#pidfd)
    await ended
    return checked(ready, 'ppoll', attempt)
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#source.close()
    closeFd(this.#kernel, this.#pidfd)
  }
}
