// Owns `runt start`: the command of a container that `runt create` has made.

import { isLibcontainerError } from '../../core.ts'
import type { Command } from '../command.ts'
import { destroyContainer } from '../destroy-container.ts'
import { loadContainer } from '../open-factory.ts'
import { relayReadiness, serviceManagerOf } from '../service-manager.ts'

export const start: Command = {
  summary: 'Starts the process of a container that was created',
  details: 'Where NOTIFY_SOCKET is set, it waits until the process has said that it is ready, or has ended.',
  options: {},
  operands: ['ID'],
  examples: [['runt start web', 'web, made by "runt create", begins']],
  async run(context) {
    const container = await loadContainer(context)
    const readiness = serviceManagerOf(context.env) === '' ? null : container.listenForReadiness()
    try {
      await container.release()
    } catch (error) {
      readiness?.close()
      // As other runtimes have it. After any other failure the container can be looked at, and is deleted by its caller.
      if (isLibcontainerError(error) && error.field?.startsWith('hooks.poststart'))
        await destroyContainer(context, container)
      throw error
    }
    if (readiness !== null) await relayReadiness(context, readiness)
    return 0
  },
}
