// Owns the texts of --help and --version. Pure.

import type { Command } from './command.ts'
import type { Option, Options } from './options.ts'

/** Put in by tools/build-runt.mjs. */
declare const RUNT_VERSION: string | undefined
declare const RUNT_COMMIT: string | undefined

/** The newest release of the OCI runtime specification that we follow. */
const SPEC_VERSION = '1.3.0'

/** Three lines, which callers of runc read by their first words. */
export function versionText(): string {
  const version = typeof RUNT_VERSION === 'string' ? RUNT_VERSION : 'unknown'
  const commit = typeof RUNT_COMMIT === 'string' ? RUNT_COMMIT : 'unknown'
  return `runt version ${version}\ncommit: ${commit}\nspec: ${SPEC_VERSION}\n`
}

export function helpText(options: Options, commands: Readonly<Record<string, Command>>): string {
  const rows = Object.entries(commands).map(([name, { summary }]) => row(name, summary))
  return `Usage: runt [OPTION]... COMMAND [ARGUMENT]...

Runs containers, as the OCI runtime specification says.

Commands:
${rows.join('')}
Options:
${optionRows(options)}
"runt COMMAND --help" tells more about a command.
`
}

export function commandHelpText(name: string, { summary, operands, options }: Command): string {
  return `Usage: ${['runt', name, '[OPTION]...', ...operands].join(' ')}

${summary}.

Options:
${optionRows(options)}`
}

function optionRows(options: Options): string {
  return Object.entries(options).map(optionRow).join('')
}

function optionRow([name, { short, value, help }]: readonly [string, Option]): string {
  const names = `${short === undefined ? '   ' : `-${short},`} --${name}`
  return row(value === undefined ? names : `${names} ${value}`, help)
}

function row(left: string, right: string): string {
  return `  ${left.padEnd(20)}  ${right}\n`
}
