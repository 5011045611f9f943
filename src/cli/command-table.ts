// Owns the one table of all commands, in the order in which people are told of them. Parsing, help, completion and
// manual pages are made from it.

import type { Command, CommandGroup } from './command.ts'
import { checkpoint, restore } from './commands/checkpoint.ts'
import { completion } from './commands/completion.ts'
import { create } from './commands/create.ts'
import { deleteCommand } from './commands/delete.ts'
import { events } from './commands/events.ts'
import { exec } from './commands/exec.ts'
import { explain } from './commands/explain.ts'
import { features } from './commands/features.ts'
import { finish } from './commands/finish.ts'
import { help } from './commands/help.ts'
import { kill } from './commands/kill.ts'
import { list } from './commands/list.ts'
import { pause } from './commands/pause.ts'
import { ps } from './commands/ps.ts'
import { resume } from './commands/resume.ts'
import { run } from './commands/run.ts'
import { spec } from './commands/spec.ts'
import { start } from './commands/start.ts'
import { state } from './commands/state.ts'
import { update } from './commands/update.ts'
import { HELP } from './global-options.ts'
import { type Options, type Syntax, syntaxOf } from './options.ts'

export const COMMAND_TABLE: readonly CommandGroup[] = [
  { title: 'Make containers, and end them', commands: { run, create, start, kill, delete: deleteCommand } },
  { title: 'Work with one that runs', commands: { exec, pause, resume, update } },
  { title: 'See what there is', commands: { list, state, ps, events } },
  { title: 'Move containers', commands: { checkpoint, restore } },
  { title: 'Prepare and understand', commands: { spec, explain, features, completion, help } },
]

/** A command, and what its line is read by. */
export interface Readable {
  readonly command: Command
  readonly syntax: Syntax<Options & { readonly help: typeof HELP }>
}

function readable(command: Command): Readable {
  return { command, syntax: syntaxOf({ ...command.options, help: HELP }) }
}

/** By name; with one that only runt itself calls. */
export const COMMANDS: Readonly<Record<string, Readable>> = Object.fromEntries(
  [{ finish }, ...COMMAND_TABLE.map(({ commands }) => commands)]
    .flatMap((commands): [string, Command][] => Object.entries(commands))
    .map(([name, command]) => [name, readable(command)]),
)
