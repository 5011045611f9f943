// Owns the completion of runt in fish. Pure.

import { type CompletedCommand, type Flag, type Kind, quoted } from './completion.ts'

export function fishCompletion(globals: readonly Flag[], commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ')
  const before = `not __fish_seen_subcommand_from ${names}`
  return `# Completion of runt for fish: put it into ~/.config/fish/completions, as runt.fish.
complete -c runt -f
${globals.map((flag) => flagLine(before, flag)).join('\n')}
${commands.map((command) => commandLines(command, before)).join('\n')}
`
}

function commandLines({ name, summary, flags, operand }: CompletedCommand, before: string): string {
  const inside = `__fish_seen_subcommand_from ${name}`
  const words = operand === 'container' ? '(runt list -q 2>/dev/null)' : wordsOf(operand)
  return [
    `complete -c runt -n ${quoted(before)} -a ${name} -d ${quoted(summary)}`,
    ...flags.map((flag) => flagLine(inside, flag)),
    ...(words === '' ? [] : [`complete -c runt -n ${quoted(inside)} -a ${quoted(words)}`]),
  ].join('\n')
}

function flagLine(condition: string, { long, short, help, kind }: Flag): string {
  const names = `-l ${long}${short === undefined ? '' : ` -s ${short}`}`
  return `complete -c runt -n ${quoted(condition)} ${names}${kind === null ? '' : offerOf(kind)} -d ${quoted(help)}`
}

function offerOf(kind: Kind): string {
  if (kind === 'file') return ' -r -F'
  if (kind === 'directory') return ` -x -a '(__fish_complete_directories)'`
  return typeof kind === 'string' ? ' -x' : ` -x -a ${quoted(wordsOf(kind))}`
}

const wordsOf = (kind: Kind): string => (typeof kind === 'string' ? '' : kind.join(' '))
