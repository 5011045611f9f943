// Owns `runt delete`: everything of a container is gone afterwards, also what a command that was killed has left.

import { isLibcontainerError, LibcontainerError } from '../../core.ts'
import type { Command, CommandContext } from '../command.ts'
import { destroyContainer } from '../destroy-container.ts'
import { loadContainer } from '../open-factory.ts'

const OPTIONS = {
  force: { short: 'f', help: 'also one that runs, which is killed; one that is not there is no error' },
} as const

export const deleteCommand: Command<typeof OPTIONS> = {
  summary: 'Removes a container that has ended, or was never started',
  options: OPTIONS,
  operands: ['ID'],
  examples: [['runt delete --force web', 'ends web, whatever it does, and removes what is left of it']],
  async run(context) {
    const container = await loadContainer(context).catch(passOverIf(isForGone(context)))
    if (container === null) return 0
    const { status } = container.ociState()
    const isIdle = status === 'stopped' || status === 'created'
    if (!isIdle && !context.options.force) throw refuseRunning(container.id, status)
    await destroyContainer(context, container)
    return 0
  },
}

function isForGone({ options }: CommandContext<typeof OPTIONS>): (error: unknown) => boolean {
  return (error) => options.force && isLibcontainerError(error) && error.code === 'ContainerNotExists'
}

function passOverIf(isFine: (error: unknown) => boolean): (error: unknown) => null {
  return (error) => {
    if (isFine(error)) return null
    throw error
  }
}

function refuseRunning(id: string, status: string): LibcontainerError {
  return new LibcontainerError({
    code: 'ContainerNotStopped',
    action: 'delete',
    object: id,
    reason: `cannot delete container ${id} that is not stopped: ${status}`,
    hint: 'stop it, or use --force',
  })
}
