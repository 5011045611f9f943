// Owns `runt start`: the command of a container that `runt create` has made.

import type { Command } from '../command.ts'
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
      throw error
    }
    if (readiness !== null) await relayReadiness(context, readiness)
    return 0
  },
}
