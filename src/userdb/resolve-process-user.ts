// Owns who a process is, whole: its user, its group, and its supplementary groups with the additional ones.

import { resolveGroups } from './resolve-groups.ts'
import { type ResolvedUser, resolveUser, type UserFiles } from './resolve-user.ts'

/**
 * Resolves the user of a process and adds its additional groups.
 * @throws `SystemError` for an unknown name or a number out of range
 */
export function resolveProcessUser(
  spec: string,
  additionalGroups: readonly (string | number)[],
  files: UserFiles,
): ResolvedUser {
  const user = resolveUser(spec, files)
  const groups = new Set([...user.groups, ...resolveGroups(additionalGroups, files.group)])
  return { ...user, groups: [...groups] }
}
