// Owns a long-lived process that is asked over a pipe: one line to it, one line of JSON from it. It ends with its
// standard input, and nobody else may end it.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

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

  /** @throws Error when the process has ended, or answers with an error */
  async ask<T>(request: string): Promise<T> {
    this.#child.stdin?.write(`${request}\n`)
    const { done, value } = await this.#answers.next()
    if (done === true) throw new Error(`${this.#name} ended at "${request}"`)
    const answer = JSON.parse(value) as T & { readonly error?: string }
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
