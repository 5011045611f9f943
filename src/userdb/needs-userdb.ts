// Owns the question which of the container's files it takes to know who a process is. A start that needs none saves
// a round trip to inside the container.

import { isNumeric } from './parse-passwd.ts'
import { isName } from './resolve-groups.ts'

export interface UserdbNeed {
  readonly passwd: boolean
  readonly group: boolean
}

/**
 * Which files `resolveProcessUser` and HOME need; null for none: numbers for user and group, and a HOME.
 * @param env the environment of the process, checked; its HOME makes the user's home needless
 */
export function needsUserdb(
  spec: string,
  env: readonly string[],
  additionalGroups: readonly (string | number)[],
): UserdbNeed | null {
  const [user = '', group = ''] = spec.split(':')
  const passwd = !isNumeric(user) || group === '' || !hasHome(env)
  const needsGroup = group === '' || !isNumeric(group) || additionalGroups.some(isName)
  return passwd || needsGroup ? { passwd, group: needsGroup } : null
}

/** Later entries win, and an empty HOME is none. */
function hasHome(env: readonly string[]): boolean {
  const home = env.findLast((entry) => entry.startsWith('HOME='))
  return home !== undefined && home !== 'HOME='
}
