// Owns `runt resume`: the end of a pause.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'
import { refuseStatus } from '../refuse-status.ts'

export const resume: Command = {
  summary: 'Lets a paused container go on',
  options: {},
  operands: ['ID'],
  examples: [['runt resume web', 'the opposite of "runt pause web"']],
  async run(context) {
    const container = await loadContainer(context)
    if (container.status() !== 'paused') throw refuseStatus('resume', container, 'container not paused')
    await container.resume()
    return 0
  },
}
