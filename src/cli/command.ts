// Owns the type of a command. Types only.

import type { Kernel } from '../core.ts'
import type { Options, OptionValues } from './options.ts'

export interface Command<O extends Options = Options> {
  /** A sentence without its full stop. */
  readonly summary: string
  readonly options: O
  /** What must follow the options, as the help shows it: `ID`. */
  readonly operands: readonly string[]
  /** @returns the exit status */
  run(context: CommandContext<O>): Promise<number>
}

interface CommandContext<O extends Options = Options> {
  readonly kernel: Kernel
  /** The directory of the states. */
  readonly root: string
  readonly options: OptionValues<O>
  /** As many as the command wants. */
  readonly operands: readonly string[]
}
