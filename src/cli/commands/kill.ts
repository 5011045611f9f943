// Owns `runt kill`: a signal to a container.

import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = {
  all: {
    short: 'a',
    help: 'to every process in the cgroup of the container, also when its first one has ended',
  },
} as const

export const kill: Command<typeof OPTIONS> = {
  summary: 'Sends a signal to the process of a container',
  options: OPTIONS,
  operands: ['ID', '[SIGNAL]'],
  examples: [
    ['runt kill web', 'SIGTERM: asks it to end'],
    ['runt kill web KILL', 'by name; SIGKILL, kill and 9 are the same'],
  ],
  async run(context) {
    const { options, operands } = context
    const signal = operands[1] ?? 'SIGTERM'
    const container = await loadContainer(context)
    if (options.all) await container.signalAll(signal)
    else await container.signal(signal)
    return 0
  },
}
