// Owns what is left to do of `runt run` when its container has ended while the command was init's waiter. No command
// for people: that very container, known by when it was made, is removed, and the exit status passed on.

import { isLibcontainerError } from '../../core.ts'
import type { Command, CommandContext } from '../command.ts'
import { destroyContainer } from '../destroy-container.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = { keep: { help: 'do not remove it' } } as const

export const finish: Command<typeof OPTIONS> = {
  summary: 'Removes a container that "runt run" has waited for',
  options: OPTIONS,
  operands: ['ID', 'CREATED', 'STATUS'],
  examples: [],
  async run(context) {
    const [, created, status] = context.operands
    if (!context.options.keep) await removeIfSame(context, created)
    return Number(status)
  },
}

async function removeIfSame(
  context: CommandContext<typeof OPTIONS>,
  created: string | undefined,
): Promise<void> {
  try {
    const container = await loadContainer(context)
    if (container.ociState().created === created) await destroyContainer(context, container)
  } catch (error) {
    // Somebody else has removed it.
    if (!isLibcontainerError(error) || error.code !== 'ContainerNotExists') throw error
  }
}
