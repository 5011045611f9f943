// Owns making a container for a command, whole or not at all: when anything fails on the way, it is taken down.

import type { CoreContainer, ProcessHandle, ReadinessSocket } from '../core.ts'
import type { CommandContext } from './command.ts'
import type { Wish } from './create-options.ts'
import { destroyContainer } from './destroy-container.ts'
import { openFactory } from './open-factory.ts'

export interface MadeContainer {
  readonly container: CoreContainer
  readonly process: ProcessHandle
  /** Where it will say that it is ready, if a service manager waits for that and it is started. */
  readonly readiness: ReadinessSocket | null
}

/** What callers of runc look for is its third sentence. */
const STRAY_PROCESSES =
  'the container has neither a cgroup nor a pid namespace of its own. Nobody can tell later which processes belong to it, and only the first one is killed. Such configuration is strongly discouraged'

/**
 * @param until how far its first process is brought
 * @throws LibcontainerError of create, of prepare or start, of the pid file
 */
export async function makeContainer(
  context: CommandContext,
  { id, config, spec, start, pidFile, pidfdSocket, bundle, notifySocket }: Wish,
  until: 'prepared' | 'started',
): Promise<MadeContainer> {
  const container = await openFactory(context).create(id, config, { bundle, notifySocket })
  let readiness: ReadinessSocket | null = null
  try {
    if (container.cgroupVersion === null && !config.namespaces?.some(({ type }) => type === 'pid'))
      await context.log.warn(STRAY_PROCESSES)
    if (notifySocket && until === 'started') readiness = container.listenForReadiness()
    const process =
      until === 'prepared' ? await container.prepare(spec, start) : await container.start(spec, start)
    pidfdSocket.send(process)
    pidFile.write(process.pid)
    return { container, process, readiness }
  } catch (error) {
    readiness?.close()
    await destroyContainer(context, container)
    throw error
  }
}
