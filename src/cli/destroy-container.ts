// Owns taking a container down for a command, and telling what went wrong on the way without stopping it.

import type { CoreContainer } from '../core.ts'
import type { CommandContext } from './command.ts'
import { describeError } from './describe-error.ts'

/** @throws LibcontainerError SystemError */
export async function destroyContainer({ log }: CommandContext, container: CoreContainer): Promise<void> {
  await container.destroy()
  for (const warning of container.warnings) await log.warn(describeError(warning)[0])
}
