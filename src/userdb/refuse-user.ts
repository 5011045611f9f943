// Owns the error for a user or a group that the container's files do not have.

import { LibcontainerError } from '../errors.ts'

/** Throws the refusal of a user or a group; `field` is the field of the process that named it. */
export function refuseUser(kind: 'user' | 'group', name: string, reason: string, field: string): never {
  throw new LibcontainerError({
    code: 'SystemError',
    action: `find the ${kind}`,
    object: name,
    reason,
    field,
  })
}
