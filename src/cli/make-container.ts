// Owns making a container for a command, whole or not at all: when anything fails on the way, it is taken down.

import type { CoreContainer, ProcessHandle } from '../core.ts'
import type { CommandContext } from './command.ts'
import type { Wish } from './create-options.ts'
import { destroyContainer } from './destroy-container.ts'
import { openFactory } from './open-factory.ts'

export interface MadeContainer {
  readonly container: CoreContainer
  readonly process: ProcessHandle
}

/**
 * @param until how far its first process is brought
 * @throws LibcontainerError of create, of prepare or start, of the pid file
 */
export async function makeContainer(
  context: CommandContext,
  { id, config, spec, start, pidFile, pidfdSocket, bundle }: Wish,
  until: 'prepared' | 'started',
): Promise<MadeContainer> {
  const container = await openFactory(context).create(id, config, { bundle })
  try {
    const process =
      until === 'prepared' ? await container.prepare(spec, start) : await container.start(spec, start)
    pidfdSocket.send(process)
    pidFile.write(process.pid)
    return { container, process }
  } catch (error) {
    await destroyContainer(context, container)
    throw error
  }
}
