// Owns `runt ps`: the processes of a container, by their pids on the host.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = {
  format: { short: 'f', value: 'FORMAT', choices: ['json'], help: 'a list of pids (default: json)' },
} as const

export const ps: Command<typeof OPTIONS> = {
  summary: 'Lists the processes of a container',
  options: OPTIONS,
  operands: ['ID'],
  examples: [['runt ps web', 'their pids on the host']],
  async run(context) {
    const container = await loadContainer(context)
    return context.print(`${JSON.stringify(container.processes())}\n`)
  },
}
