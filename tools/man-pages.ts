// Owns the manual pages of runt, made from its table of commands: runt(8), and a page for each command. It must never
// hold a fact about a command of its own.

import type { Command, Example } from '../src/cli/command.ts'
import { COMMAND_TABLE } from '../src/cli/command-table.ts'
import { GLOBAL_OPTIONS, HELP } from '../src/cli/global-options.ts'
import { EXAMPLES } from '../src/cli/help.ts'
import type { Option, Options } from '../src/cli/options.ts'

const FOLDER = 'docs/man'

/** Text for roff (man(7)): nothing in it is a request or an escape. */
const roff = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/gm, '\\&')

const sentence = (text: string): string => `${roff(text).replace(/\.$/, '')}.`

/** Path and content of each page. */
export function manPages(): readonly (readonly [path: string, content: string])[] {
  const commands = COMMAND_TABLE.flatMap((group) => Object.entries(group.commands))
  return [
    [`${FOLDER}/runt.8`, mainPage()],
    ...commands.map(([name, command]) => [`${FOLDER}/runt-${name}.8`, commandPage(name, command)] as const),
  ]
}

function mainPage(): string {
  const groups = COMMAND_TABLE.map(({ title, commands }) => {
    const rows = Object.entries(commands).map(
      ([name, { summary }]) => `.TP\n.BR runt\\-${name} (8)\n${sentence(summary)}\n`,
    )
    return `.SS ${roff(title)}\n${rows.join('')}`
  })
  return [
    head('runt', 'runs containers, as the OCI runtime specification says'),
    '.SH SYNOPSIS\n.B runt\n.RI [ OPTION "]... " COMMAND " [" ARGUMENT ]...\n',
    '.SH DESCRIPTION\nruns containers from bundles: a directory with a root filesystem and a \\fIconfig.json\\fR. It takes ',
    'the place of runc or crun under podman, containerd and Docker.\n',
    `.SH COMMANDS\n${groups.join('')}`,
    options(GLOBAL_OPTIONS),
    '.SH "EXIT STATUS"\n',
    '.TP\n.B 0\nAll went well.\n.TP\n.B 1\nIt did not, and standard error says why.\n.TP\n.B 3\nThere is no such command.\n',
    '.PP\n.B run\nand\n.B exec\nend with the exit status of the process, or 128 and the number of the signal that killed it; ',
    '.B exec\nends with 255 when it could not start one.\n'.replace(/^/, '\n'),
    examples(EXAMPLES),
    '.SH FILES\n.TP\n.I /run/runt\nThe states of containers of root; those of a user are in \\fI$XDG_RUNTIME_DIR/runt\\fR.\n',
  ].join('')
}

function commandPage(name: string, command: Command): string {
  const { summary, details } = command
  const lower = `${summary.charAt(0).toLowerCase()}${summary.slice(1)}`
  return [
    head(`runt-${name}`, lower),
    `.SH SYNOPSIS\n.B runt ${roff(name)}\n.RI [ OPTION ]...\n${command.operands.map((word) => `${roff(word)}\n`).join('')}`,
    `.SH DESCRIPTION\n${sentence(summary)}\n${details === undefined ? '' : `${roff(details)}\n`}`,
    options({ ...command.options, help: HELP }),
    examples(command.examples),
    '.SH "SEE ALSO"\n.BR runt (8)\n',
  ].join('')
}

const head = (name: string, what: string): string =>
  `.\\" Made by tools/generate.ts from src/cli/command-table.ts: do not edit, run "npm run generate".\n` +
  `.TH ${roff(name.toUpperCase())} 8 "" "runt"\n.SH NAME\n${roff(name)} \\- ${roff(what)}\n`

function options(known: Options): string {
  const shown = Object.entries(known).filter(([, { hidden }]) => !hidden)
  return `.SH OPTIONS\n${shown.map(option).join('')}`
}

function option([name, { short, value, help, choices, repeats }]: readonly [string, Option]): string {
  const names = [...(short === undefined ? [] : [`-${short}`]), `--${name}`].map(
    (text) => `\\fB${roff(text)}\\fR`,
  )
  const rest = [
    ...(choices === undefined ? [] : [`One of ${choices.join(', ')}.`]),
    ...(repeats ? ['It may be given again.'] : []),
  ]
  const label = `${names.join(', ')}${value === undefined ? '' : ` \\fI${roff(value)}\\fR`}`
  return `.TP\n${label}\n${[help.charAt(0).toUpperCase() + help.slice(1).replace(/\.?$/, '.'), ...rest].map(roff).join(' ')}\n`
}

function examples(list: readonly Example[]): string {
  if (list.length === 0) return ''
  const shown = list.map(
    ([line, meaning]) =>
      `.TP\n.B ${roff(line)}\n${sentence(meaning.charAt(0).toUpperCase() + meaning.slice(1))}\n`,
  )
  return `.SH EXAMPLES\n${shown.join('')}`
}
