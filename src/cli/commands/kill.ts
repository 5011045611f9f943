// Owns `runt kill`: a signal to a container.

import { type CoreContainer, isLibcontainerError } from '../../core.ts'
import type { Command } from '../command.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = {
  all: {
    short: 'a',
    help: 'to every process in the cgroup of the container; that its first one has ended is no error',
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
    if (!options.all) await container.signal(signal)
    else if (container.cgroupVersion !== null) await container.signalAll(signal)
    else await signalIfRunning(container, signal)
    return 0
  },
}

/** Without a cgroup nobody knows who else belongs to it. */
async function signalIfRunning(container: CoreContainer, signal: string): Promise<void> {
  try {
    await container.signal(signal)
  } catch (error) {
    if (!isLibcontainerError(error) || error.code !== 'ContainerNotRunning') throw error
  }
}
