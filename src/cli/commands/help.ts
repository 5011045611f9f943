// Owns `runt help`: the same texts as --help, for those who ask in words.

import type { Command } from '../command.ts'
import { GLOBAL_OPTIONS } from '../global-options.ts'
import { commandHelpText, helpText } from '../help.ts'
import { inOwnName } from '../in-own-name.ts'
import { usageError } from '../options.ts'

export const help: Command = {
  summary: 'Tells about runt, or about one of its commands',
  options: {},
  operands: ['[COMMAND]'],
  examples: [['runt help exec', 'all about exec']],
  async run({ kernel, table, operands: [name], print }) {
    if (name === undefined) return print(inOwnName(kernel, helpText(GLOBAL_OPTIONS, table)))
    const { commands } = table.find((group) => Object.hasOwn(group.commands, name)) ?? {}
    const command = commands?.[name]
    if (command === undefined) throw usageError(name, 'there is no such command, see runt --help')
    return print(inOwnName(kernel, commandHelpText(name, command)))
  },
}
