// Owns the texts of --help and --version. Pure.

import { OCI_VERSION } from '../core.ts'
import type { Build } from './build-of.ts'
import type { Command, CommandGroup, Example } from './command.ts'
import { HELP } from './global-options.ts'
import type { Option, Options } from './options.ts'

export const EXAMPLES: readonly Example[] = [
  ['runt run -b /srv/web web', 'a container named web, made from the bundle /srv/web'],
  ['runt exec -t web sh', 'a shell in it'],
  ['runt explain -b /srv/web', 'what a start of it would do, step by step'],
]

/** Three lines, which callers of runc read by their first words. */
export function versionText({ version, commit }: Build): string {
  return `runt version ${version}\ncommit: ${commit}\nspec: ${OCI_VERSION}\n`
}

export function helpText(options: Options, table: readonly CommandGroup[]): string {
  const width = Math.max(
    ...table.flatMap(({ commands }) => Object.keys(commands).map(({ length }) => length)),
  )
  const groups = table.map(({ title, commands }) =>
    section(
      title.toUpperCase(),
      Object.entries(commands).map(([name, { summary }]) => [name.padEnd(width), summary]),
    ),
  )
  return `NAME:
  runt - Open Container Initiative runtime, in place of runc or crun

USAGE:
  runt [OPTION]... COMMAND [ARGUMENT]...

${groups.join('')}${optionSection(options)}${section('EXAMPLES', EXAMPLES)}"runt help COMMAND" tells more about a command.
`
}

export function commandHelpText(name: string, command: Command): string {
  const { summary, details, options, examples } = command
  return `NAME:
  runt ${name} - ${summary}

USAGE:
  ${usageOf(name, command)}

${details === undefined ? '' : `${wrapped(details)}\n\n`}${optionSection({ ...options, help: HELP })}${section('EXAMPLES', examples)}`
    .trimEnd()
    .concat('\n')
}

function usageOf(name: string, { operands }: Command): string {
  return ['runt', name, '[OPTION]...', ...operands].join(' ')
}

function optionSection(options: Options): string {
  const shown = Object.entries(options).filter(([, { hidden }]) => !hidden)
  return section(
    'OPTIONS',
    shown.map(([name, option]) => [optionNames(name, option), optionHelp(option)]),
  )
}

/** `-b, --bundle DIR`, with the long names in one column. */
function optionNames(name: string, { short, value }: Option): string {
  const names = `${short === undefined ? '   ' : `-${short},`} --${name}`
  return value === undefined ? names : `${names} ${value}`
}

function optionHelp({ help, choices, repeats }: Option): string {
  const rest = repeats ? '; may be given again' : ''
  return `${help}${choices === undefined ? '' : ` [${choices.join('|')}]`}${rest}`
}

/** Lines of at most so many characters, broken between words. */
function wrapped(text: string): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? ''
    if (line === '') lines[lines.length - 1] = word
    else if (line.length + word.length < LINE_WIDTH) lines[lines.length - 1] = `${line} ${word}`
    else lines.push(word)
  }
  return lines.join('\n')
}

const LINE_WIDTH = 100

/** Two columns; the left one as wide as it must be. */
function section(title: string, rows: readonly (readonly [left: string, right: string])[]): string {
  if (rows.length === 0) return ''
  const width = Math.max(...rows.map(([left]) => left.length))
  return `${title}:\n${rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}\n`).join('')}\n`
}
