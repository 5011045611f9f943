// Owns `runt completion`: scripts by which shells complete our command line, made from the table of commands.

import type { Command } from '../command.ts'
import { completedCommands, flagsOf } from '../completion.ts'
import { bashCompletion } from '../completion-bash.ts'
import { fishCompletion } from '../completion-fish.ts'
import { zshCompletion } from '../completion-zsh.ts'
import { GLOBAL_OPTIONS } from '../global-options.ts'
import { usageError } from '../options.ts'

const SHELLS = { bash: bashCompletion, fish: fishCompletion, zsh: zshCompletion } as const

export const completion: Command = {
  summary: 'Prints a script by which a shell completes runt commands',
  options: {},
  operands: ['SHELL'],
  choices: ['bash', 'zsh', 'fish'],
  examples: [
    ['source <(runt completion bash)', 'for this shell'],
    ['runt completion fish > ~/.config/fish/completions/runt.fish', 'for every fish to come'],
    ['runt completion zsh > /usr/share/zsh/site-functions/_runt', 'for everyone with zsh'],
  ],
  async run({ table, operands: [shell = ''], print }) {
    const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell as keyof typeof SHELLS] : undefined
    if (write === undefined) throw usageError(shell, 'expected bash, zsh or fish')
    return print(write(flagsOf(GLOBAL_OPTIONS), completedCommands(table)))
  },
}
