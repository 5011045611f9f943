// Owns who a process is, whole: its user, its group, and its supplementary groups with the additional ones.

import { resolveGroups } from './resolve-groups.ts'
import { type ResolvedUser, resolveUser, type UserFiles } from './resolve-user.ts'

/** The groups of the process, or those of the configuration. */
export interface AdditionalGroups {
  readonly value: readonly (string | number)[]
  readonly field: string
}

/**
 * Resolves the user of a process and adds its additional groups.
 * @throws `SystemError` for an unknown name or a number out of range
 */
export function resolveProcessUser(
  spec: string,
  additionalGroups: AdditionalGroups,
  files: UserFiles,
): ResolvedUser {
  const user = resolveUser(spec, files)
  const groups = new Set([
    ...user.groups,
    ...resolveGroups(additionalGroups.value, files.group, additionalGroups.field),
  ])
  return { ...user, groups: [...groups] }
}
