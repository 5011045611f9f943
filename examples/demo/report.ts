// Owns how the demo looks: a line for each step with its time, what the container says, and one line for an error.
// Colour is for terminals only.

import { isLibcontainerError } from 'libcontainer'

const WIDTH = 84

export class Report {
  readonly #paint: (style: number, text: string) => string
  readonly #started = performance.now()

  constructor(stream: NodeJS.WriteStream) {
    const isColoured = stream.isTTY && process.env.NO_COLOR === undefined
    this.#paint = (style, text) => (isColoured ? `\x1b[${style}m${text}\x1b[0m` : text)
  }

  title(name: string, about: string): void {
    console.log(`\n${this.#paint(BOLD, name)}  ${this.#paint(DIM, about)}\n`)
  }

  /** Does the work of a step, then prints its line with the time that it took. */
  async step<T>(text: string | ((result: T) => string), work: () => Promise<T>): Promise<T> {
    const began = performance.now()
    try {
      const result = await work()
      const time = `${(performance.now() - began).toFixed(1)} ms`
      const line = typeof text === 'string' ? text : text(result)
      console.log(`${this.#paint(GREEN, '✓')} ${line.padEnd(WIDTH - time.length)} ${this.#paint(DIM, time)}`)
      return result
    } catch (error) {
      if (typeof text === 'string') console.log(`${this.#paint(RED, '✗')} ${text}`)
      throw error
    }
  }

  /** Something worth knowing about the step above. */
  note(text: string): void {
    console.log(`  ${this.#paint(DIM, text)}`)
  }

  /** A line that a process in the container wrote. */
  output(line: string): void {
    console.log(`  ${this.#paint(CYAN, '│')} ${line}`)
  }

  done(text: string): void {
    console.log(
      `\n${this.#paint(BOLD, text)} ${((performance.now() - this.#started) / 1000).toFixed(1)} s in all.\n`,
    )
  }

  /** One line, with the advice that the error carries. */
  error(error: unknown): void {
    const place =
      isLibcontainerError(error) && error.step !== undefined ? `, in the step "${error.step}"` : ''
    console.error(`${this.#paint(RED, 'demo:')} ${error instanceof Error ? error.message : error}${place}`)
  }
}

const BOLD = 1
const DIM = 2
const RED = 31
const GREEN = 32
const CYAN = 36
