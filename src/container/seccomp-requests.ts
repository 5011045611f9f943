// Owns the listeners of a container's seccomp filters, one of each process that was started here, and iterating over
// their requests. It waits for them only while somebody iterates.

import { POLLHUP, POLLIN } from '../abi/flags.ts'
import { LibcontainerError } from '../errors.ts'
import { closeFd, pollNow } from '../system/fd.ts'
import type { Kernel } from '../system/kernel.ts'
import { receiveRequest, type SeccompRequest } from './seccomp-request.ts'

type Result = IteratorResult<SeccompRequest, undefined>

interface Taker {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export class SeccompRequests implements AsyncIterable<SeccompRequest> {
  readonly #kernel: Kernel
  readonly #listeners = new Set<number>()
  readonly #queue: SeccompRequest[] = []
  readonly #takers: Taker[] = []
  #failure: unknown = null
  #isIterated = false
  /** The container's first process has ended: there will be no other listener. */
  #isLast = false

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** Takes a listener over. */
  add(listener: number): void {
    this.#sweep()
    this.#listeners.add(listener)
    this.#isLast = false
    if (this.#isIterated) void this.#pump(listener)
  }

  [Symbol.asyncIterator](): AsyncIterator<SeccompRequest, undefined> {
    if (this.#isIterated) {
      throw new LibcontainerError({
        code: 'ConfigInvalid',
        action: 'iterate over the requests of the seccomp filter',
        reason: 'a request has one answer, so there is one loop at a time',
      })
    }
    this.#isIterated = true
    for (const listener of this.#listeners) void this.#pump(listener)
    return {
      next: () => this.#next(),
      return: async () => {
        this.close()
        return { done: true, value: undefined }
      },
    }
  }

  /** What waits is still told; then the iteration ends. */
  finish(): void {
    this.#isLast = true
    if (this.#listeners.size === 0) this.#end()
  }

  /** Lets go of all listeners: calls that wait, and those to come, fail with ENOSYS. */
  close(): void {
    for (const listener of this.#listeners) closeFd(this.#kernel, listener)
    this.#listeners.clear()
    this.#queue.length = 0
    this.#end()
  }

  #next(): Promise<Result> {
    const request = this.#queue.shift()
    if (request !== undefined) return Promise.resolve({ done: false, value: request })
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (!this.#isIterated || this.#isOver()) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => this.#takers.push({ resolve, reject }))
  }

  async #pump(listener: number): Promise<void> {
    try {
      while (this.#listeners.has(listener)) {
        const events = await this.#kernel.poll(listener, POLLIN)
        if (!this.#listeners.has(listener)) return
        // POLLHUP: no process has the filter any more.
        if ((events & POLLIN) === 0) break
        const request = receiveRequest(this.#kernel, listener)
        if (request !== null) this.#hand(request)
      }
    } catch (error) {
      this.#failure = error
      for (const { reject } of this.#takers.splice(0)) reject(error)
    }
    this.#drop(listener)
    if (this.#isOver()) this.#end()
  }

  #hand(request: SeccompRequest): void {
    const taker = this.#takers.shift()
    if (taker === undefined) this.#queue.push(request)
    else taker.resolve({ done: false, value: request })
  }

  /** Without an iteration nobody would notice that the process of a listener has ended. */
  #sweep(): void {
    if (this.#isIterated) return
    for (const listener of this.#listeners) {
      if ((pollNow(this.#kernel, listener, 0) & POLLHUP) !== 0) this.#drop(listener)
    }
  }

  #drop(listener: number): void {
    this.#listeners.delete(listener)
    closeFd(this.#kernel, listener)
  }

  #isOver(): boolean {
    return this.#isLast && this.#listeners.size === 0
  }

  #end(): void {
    this.#isIterated = false
    for (const { resolve } of this.#takers.splice(0)) resolve({ done: true, value: undefined })
  }
}
