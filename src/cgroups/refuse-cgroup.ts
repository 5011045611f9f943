// Owns the words for a cgroup that cannot be made or used as asked.

import { LibcontainerError } from '../errors.ts'

const OWN_CGROUP = 'every container needs a cgroup of its own: choose another path, or end what is in it'

/** The directory was there, and is in use. */
export function refuseUsed(directory: string, reason: string, hint = OWN_CGROUP): LibcontainerError {
  return new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use cgroup',
    object: directory,
    reason,
    hint,
    field: 'cgroup.path',
  })
}

/** A manager from saved paths cannot make what it has no configuration for. */
export function refuseLoaded(directory: string): LibcontainerError {
  const reason = 'this manager was loaded from saved paths, without a configuration'
  return new LibcontainerError({ code: 'SystemError', action: 'make cgroup', object: directory, reason })
}
