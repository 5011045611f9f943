// Owns the list of what must be undone when a start fails. An entry is registered before its deed is done, and the
// list runs in reverse (DESIGN 6, invariant 7).

export class UndoList {
  readonly #entries: (() => void | Promise<void>)[] = []

  /** Registers an undo; it must be harmless when the deed was not done. */
  add(undo: () => void | Promise<void>): void {
    this.#entries.push(undo)
  }

  /** Runs every entry, the last one first, whatever the others do. @returns what they threw */
  async run(): Promise<readonly unknown[]> {
    const failures: unknown[] = []
    for (let undo = this.#entries.pop(); undo !== undefined; undo = this.#entries.pop()) {
      try {
        await undo()
      } catch (error) {
        failures.push(error)
      }
    }
    return failures
  }
}
