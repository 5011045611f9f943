// Owns running a second program that uses the library: a module's text in a process of its own, with the same engine.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

// Inside the package, where it finds itself by its name.
const root = join(import.meta.dirname, '../../..')

export class Program {
  readonly #child: ChildProcess
  readonly #lines: AsyncIterator<string>
  readonly #end: Promise<unknown[]>

  /**
   * Starts a module; its arguments begin at `process.argv[2]` there, as in a file.
   * @param module its text; `under` is a command that starts it with other rights
   */
  constructor(
    module: string | { readonly module: string; readonly under: readonly string[] },
    ...args: readonly string[]
  ) {
    const { module: text, under } = typeof module === 'string' ? { module, under: [] } : module
    const engine = process.versions.bun === undefined ? ['--input-type=module', '--eval'] : ['--eval']
    const code = `process.argv.splice(1, 0, 'program');${text}`
    const [command = '', ...rest] = [...under, process.execPath, ...engine, code, ...args]
    this.#child = spawn(command, rest, {
      cwd: root,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    this.#end = once(this.#child, 'exit')
    this.#lines = createInterface({ input: this.#child.stdout as Readable })[Symbol.asyncIterator]()
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** The next line that it writes; fails when it ends without one. */
  async line(): Promise<string> {
    const { done, value } = await this.#lines.next()
    if (done) throw new Error('a program ended before it wrote what was expected')
    return value
  }

  write(text: string): void {
    ;(this.#child.stdin as Writable).write(text)
  }

  /** Kills it as the kernel would, and waits for its end. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#end
  }

  /** Waits for its end, which must be a good one, and returns its last line. */
  async finish(): Promise<string> {
    let last = ''
    for (let next = await this.#lines.next(); !next.done; next = await this.#lines.next()) last = next.value
    const [exitCode] = await this.#end
    if (exitCode !== 0) throw new Error(`a program ended with ${exitCode}`)
    return last
  }
}
