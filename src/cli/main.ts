// Owns the command line runt: global options, the choice of a command, and how an error is told. All powers are the
// core's.

import { inSpecTerms, isLibcontainerError, type Kernel, writeAll } from '../core.ts'
import { absolutePath } from './absolute-path.ts'
import { COMMAND_TABLE, COMMANDS, type Readable } from './command-table.ts'
import { defaultRoot } from './default-root.ts'
import { describeError } from './describe-error.ts'
import { GLOBAL_OPTIONS } from './global-options.ts'
import { commandHelpText, helpText, versionText } from './help.ts'
import { executable, type Host } from './host.ts'
import { inOwnName } from './in-own-name.ts'
import { Log } from './log.ts'
import { checkOperands, takesMore } from './operands.ts'
import { type OptionValues, parseOptions, syntaxOf } from './options.ts'

/** A caller, and what is known of its wish so far. */
interface Call {
  readonly kernel: Kernel
  readonly host: Host
  readonly env: readonly string[]
  /** Where errors go. */
  log: Log
  /** The exit status of an error. */
  failure: number
}

const GLOBAL_SYNTAX = syntaxOf(GLOBAL_OPTIONS)
const STDOUT = 1
const EXIT_ERROR = 1
const EXIT_UNKNOWN_COMMAND = 3

/** @returns the exit status */
export async function main(
  kernel: Kernel,
  args: readonly string[],
  env: readonly string[],
  host = executable(),
): Promise<number> {
  const call: Call = { kernel, host, env, log: Log.toPeople(kernel), failure: EXIT_ERROR }
  try {
    return await obey(call, args)
  } catch (error) {
    // Anything else is a fault of ours, and the host's to show.
    if (!isLibcontainerError(error)) throw error
    // Whatever runt makes comes from a config.json.
    const told = inSpecTerms(error)
    await call.log.error(...describeError(told))
    await call.log.debug(told.detail())
    return call.failure
  }
}

async function obey(call: Call, args: readonly string[]): Promise<number> {
  const { options: global, rest } = parseOptions(args, GLOBAL_SYNTAX)
  call.log = Log.open(call.kernel, global)
  const [name, ...commandArgs] = rest
  if (global.version) return print(call, inOwnName(call.kernel, versionText(call.host.build)))
  if (global.help || name === undefined)
    return print(call, inOwnName(call.kernel, helpText(GLOBAL_OPTIONS, COMMAND_TABLE)))
  if (global.criu !== undefined)
    await call.log.warn('--criu is passed over: the program is looked up in PATH')
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    await call.log.error(`No help topic for '${name}': there is no such command, see runt --help`)
    return EXIT_UNKNOWN_COMMAND
  }
  return runCommand(call, name, command, global, commandArgs)
}

async function runCommand(
  call: Call,
  name: string,
  { command, syntax }: Readable,
  global: OptionValues<typeof GLOBAL_OPTIONS>,
  args: readonly string[],
): Promise<number> {
  const place = takesMore(command.operands) ? 'before' : 'anywhere'
  const { options, rest } = parseOptions(args, syntax, place)
  if (options.help) return print(call, inOwnName(call.kernel, commandHelpText(name, command)))
  checkOperands(name, command.operands, rest)
  const { kernel, host, env, log } = call
  call.failure = command.failure ?? EXIT_ERROR
  return command.run({
    kernel,
    host,
    env,
    log,
    global,
    root: absolutePath(kernel, global.root ?? defaultRoot(kernel, env)),
    table: COMMAND_TABLE,
    options,
    operands: rest,
    print: (text) => print(call, text),
  })
}

/** @returns 0, the exit status of a command that has only to say something */
async function print({ kernel }: Call, text: string): Promise<number> {
  await writeAll(kernel, STDOUT, kernel.encodeText(text))
  return 0
}
