// Owns a long-lived process that is asked over a pipe: one line to it, one line of JSON from it. It ends with its
// standard input, and nobody else may end it.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longer than any request that is answered at all. */
const TIMEOUT_MS = 120_000

export class Peer {
  readonly #child: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #name: string

  constructor(name: string, argv: readonly string[]) {
    const [file = '', ...args] = argv
    this.#name = name
    this.#child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#child.on('error', () => undefined)
    this.#child.stdin?.on('error', () => undefined)
    this.#answers = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[
      Symbol.asyncIterator
    ]()
  }

  /** @throws Error when the process has ended, answers with an error, or not in time */
  async ask<T>(request: string): Promise<T> {
    this.#child.stdin?.write(`${request}\n`)
    const next = this.#answers.next()
    const late = sleep(TIMEOUT_MS, null, { ref: false })
    const result = await Promise.race([next, late])
    if (result === null) {
      this.#child.kill('SIGKILL')
      throw new Error(`${this.#name} gave no answer to "${request}"`)
    }
    if (result.done === true) throw new Error(`${this.#name} ended at "${request}"`)
    const answer = JSON.parse(result.value) as T & { readonly error?: string }
    if (answer.error !== undefined) throw new Error(`${this.#name} at "${request}": ${answer.error}`)
    return answer
  }

  /** Lets it end, and waits until it has. */
  close(): Promise<void> {
    const { promise, resolve } = deferred()
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined)
      resolve()
    this.#child.once('exit', () => resolve())
    this.#child.stdin?.end()
    return promise
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
