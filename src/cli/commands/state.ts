// Owns `runt state`: what a container is and does, as the OCI runtime specification has it.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

export const state: Command = {
  summary: 'Shows what a container is and does, as JSON',
  options: {},
  operands: ['ID'],
  examples: [['runt state web', 'its status, its pid on the host, its bundle']],
  async run(context) {
    const container = await loadContainer(context)
    // Without a line end, and with an owner that is not told, as callers know it from runc.
    return context.print(JSON.stringify({ ...container.ociState(), owner: '' }, null, 2))
  },
}
