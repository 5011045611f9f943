// Owns `runt start`: the command of a container that `runt create` has made.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

export const start: Command = {
  summary: 'Starts the process of a container that was created',
  options: {},
  operands: ['ID'],
  examples: [['runt start web', 'web, made by "runt create", begins']],
  async run(context) {
    const container = await loadContainer(context)
    await container.release()
    return 0
  },
}
