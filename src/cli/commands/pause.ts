// Owns `runt pause`: a container that does nothing until it is resumed.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'
import { refuseStatus } from '../refuse-status.ts'

export const pause: Command = {
  summary: 'Freezes every process of a container',
  options: {},
  operands: ['ID'],
  examples: [['runt pause web', 'web does nothing until "runt resume web"']],
  async run(context) {
    const container = await loadContainer(context)
    if (container.status() === 'paused')
      throw refuseStatus('pause', container, 'container not running: it is paused')
    await container.pause()
    return 0
  },
}
