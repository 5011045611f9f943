// Owns the one table of all commands, in the order in which people are told of them. Parsing, help, completion and
// manual pages are made from it.

import type { Command, CommandGroup } from './command.ts'
import { explain } from './commands/explain.ts'
import { help } from './commands/help.ts'
import { pause } from './commands/pause.ts'
import { ps } from './commands/ps.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'

export const COMMAND_TABLE: readonly CommandGroup[] = [
  { title: 'Make containers, and end them', commands: { run } },
  { title: 'Work with one that runs', commands: { pause, resume } },
  { title: 'See what there is', commands: { ps } },
  { title: 'Prepare and understand', commands: { explain, help } },
]

/** By name. */
export const COMMANDS: Readonly<Record<string, Command>> = Object.assign(
  {},
  ...COMMAND_TABLE.map(({ commands }) => commands),
)
