// Owns the type of a command. Types only.

import type { Kernel } from '../core.ts'
import type { GlobalOptions } from './global-options.ts'
import type { Host } from './host.ts'
import type { Log } from './log.ts'
import type { Options, OptionValues } from './options.ts'

export interface Command<O extends Options = Options> {
  /** A sentence without its full stop. */
  readonly summary: string
  /** What else there is to know, as sentences. */
  readonly details?: string
  readonly options: O
  /** What follows the options, as the help shows it: `ID`, `[SIGNAL]`, `[ARG]...`. */
  readonly operands: readonly string[]
  /** The only values of the first of them. */
  readonly choices?: readonly string[]
  readonly examples: readonly Example[]
  /** The exit status of a failure of its own. @default 1 */
  readonly failure?: number
  /** @returns the exit status */
  run(context: CommandContext<O>): Promise<number>
}

export type Example = readonly [line: string, meaning: string]

/** Commands that people look for together. */
export interface CommandGroup {
  readonly title: string
  readonly commands: Readonly<Record<string, Command>>
}

export interface CommandContext<O extends Options = Options> {
  readonly kernel: Kernel
  readonly host: Host
  /** The directory of the states; absolute. */
  readonly root: string
  /** The caller's, as `KEY=VALUE`. */
  readonly env: readonly string[]
  readonly log: Log
  readonly global: GlobalOptions
  /** All commands, for those that tell about them. */
  readonly table: readonly CommandGroup[]
  readonly options: OptionValues<O>
  /** As many as the command wants. */
  readonly operands: readonly string[]
  /** Writes to standard output. @returns 0, the exit status of a command that has only to say something */
  print(text: string): Promise<number>
}
