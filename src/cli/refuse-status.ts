// Owns the error for a command that a container's status does not allow, in the words that callers of runc look for.

import { type CoreContainer, LibcontainerError } from '../core.ts'

export function refuseStatus(action: string, { id }: CoreContainer, reason: string): LibcontainerError {
  return new LibcontainerError({ code: 'ContainerNotRunning', action, object: id, reason })
}
