// Owns the command line runt: global options, the choice of a command, and how an error is told. All powers are the
// core's.

import { isLibcontainerError, type Kernel, writeAll } from '../core.ts'
import type { Command } from './command.ts'
import { explain } from './commands/explain.ts'
import { run } from './commands/run.ts'
import { defaultRoot } from './default-root.ts'
import { commandHelpText, helpText, versionText } from './help.ts'
import { parseOptions, usageError } from './options.ts'

const HELP = { help: { short: 'h', help: 'show this text' } }

const GLOBAL_OPTIONS = {
  root: { value: 'DIR', help: 'where the states of containers are kept (default /run/runt)' },
  version: { short: 'v', help: 'show the version' },
  ...HELP,
} as const

const COMMANDS: Readonly<Record<string, Command>> = { run, explain }

const STDOUT = 1
const STDERR = 2
const EXIT_ERROR = 1
const EXIT_UNKNOWN_COMMAND = 3

/** @returns the exit status */
export async function main(kernel: Kernel, args: readonly string[], env: readonly string[]): Promise<number> {
  try {
    return await obey(kernel, args, env)
  } catch (error) {
    // Anything else is a fault of ours, and the host's to show.
    if (!isLibcontainerError(error)) throw error
    await write(kernel, STDERR, `runt: ${error.message}\n`)
    return EXIT_ERROR
  }
}

async function obey(kernel: Kernel, args: readonly string[], env: readonly string[]): Promise<number> {
  const { options, rest } = parseOptions(args, GLOBAL_OPTIONS)
  const [name, ...commandArgs] = rest
  if (options.version) return write(kernel, STDOUT, versionText())
  if (options.help || name === undefined) return write(kernel, STDOUT, helpText(GLOBAL_OPTIONS, COMMANDS))
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    await write(kernel, STDERR, `runt: there is no command ${JSON.stringify(name)}; see runt --help\n`)
    return EXIT_UNKNOWN_COMMAND
  }
  const line = parseOptions(commandArgs, { ...command.options, ...HELP })
  if (line.options.help) {
    return write(
      kernel,
      STDOUT,
      commandHelpText(name, { ...command, options: { ...command.options, ...HELP } }),
    )
  }
  if (line.rest.length !== command.operands.length) {
    throw usageError(`runt ${name}`, `expected ${command.operands.join(' ') || 'nothing'} after the options`)
  }
  const root = options.root ?? defaultRoot(kernel, env)
  return command.run({ kernel, root, options: line.options, operands: line.rest })
}

/** @returns 0, the exit status of a command that has only to say something */
async function write(kernel: Kernel, fd: number, text: string): Promise<number> {
  await writeAll(kernel, fd, kernel.encodeText(text))
  return 0
}
