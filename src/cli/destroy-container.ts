// Owns taking a container down for a command, and telling what went wrong on the way without stopping it.

import type { CoreContainer } from '../core.ts'
import type { CommandContext } from './command.ts'

/** @throws LibcontainerError SystemError */
export async function destroyContainer({ log }: CommandContext, container: CoreContainer): Promise<void> {
  await container.destroy()
  for (const { message } of container.warnings) await log.warn(message)
}
