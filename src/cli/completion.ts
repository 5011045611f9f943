// Owns what the shells have in common when they complete a command line: which words there are, and of which kind. Pure.

import type { Command, CommandGroup } from './command.ts'
import { HELP } from './global-options.ts'
import type { Option, Options } from './options.ts'

/** What a shell can offer for a value: words, names of files, or nothing that it knows of. */
export type Kind = readonly string[] | 'file' | 'directory' | 'none'

export interface Flag {
  readonly long: string
  readonly short: string | undefined
  readonly help: string
  readonly repeats: boolean
  /** Of its value; null when it has none. */
  readonly kind: Kind | null
}

export interface CompletedCommand {
  readonly name: string
  readonly summary: string
  readonly flags: readonly Flag[]
  /** Of its first operand: a container that is there, or what `kind` says. */
  readonly operand: 'container' | Kind
}

/** Those that name a container that is not there yet. */
const MAKERS: readonly string[] = ['run', 'create', 'restore']

export function completedCommands(table: readonly CommandGroup[]): readonly CompletedCommand[] {
  const entries = table.flatMap(({ commands }) => Object.entries(commands))
  const all = entries.map(([name]) => name)
  return entries.map(([name, command]) => ({
    name,
    summary: command.summary,
    flags: flagsOf({ ...command.options, help: HELP }),
    operand: operandOf(name, command, all),
  }))
}

function operandOf(name: string, { operands, choices }: Command, all: readonly string[]): 'container' | Kind {
  const [first = ''] = operands
  if (choices !== undefined) return choices
  if (first === '[COMMAND]') return all
  return first === 'ID' && !MAKERS.includes(name) ? 'container' : 'none'
}

/** Those that people are told of. */
export function flagsOf(options: Options): readonly Flag[] {
  return Object.entries(options)
    .filter(([, { hidden }]) => !hidden)
    .map(([long, option]) => ({
      long,
      short: option.short,
      help: option.help,
      repeats: option.repeats ?? false,
      kind: kindOf(option),
    }))
}

function kindOf({ value, choices }: Option): Kind | null {
  if (value === undefined) return null
  if (choices !== undefined) return choices
  if (value === 'DIR') return 'directory'
  return value === 'FILE' || value === 'PATH' ? 'file' : 'none'
}

/** A word in single quotes, for any of the shells. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
