// Owns turning names and numbers of groups into ids, by the container's own /etc/group.

import { isNumeric, parseGroup, parseId } from './parse-passwd.ts'
import { refuseUser } from './refuse-user.ts'

/**
 * The ids of a list of groups, each once, in order. A number is taken as it is, whether the file has it or not.
 * @param groupText the text of /etc/group; null where there is none
 * @param field the list's: `process.additionalGroups`
 * @throws `SystemError` for an unknown name or a number out of range
 */
export function resolveGroups(
  list: readonly (string | number)[],
  groupText: string | null,
  field: string,
): readonly number[] {
  // The file is parsed only when there is a name to look up.
  const entries = list.some(isName) && groupText !== null ? parseGroup(groupText) : []
  const ids = list.map((group, index) => {
    const text = String(group)
    const id = isName(text) ? entries.find(({ name }) => name === text)?.gid : parseId(text)
    return id ?? refuseUser('group', text, reasonOf(text), `${field}[${index}]`)
  })
  return [...new Set(ids)]
}

/** Whether a group has to be looked up by its name. */
export function isName(group: string | number): boolean {
  return typeof group === 'string' && !isNumeric(group)
}

/** Why a user or group was not found. */
export function reasonOf(text: string, file = '/etc/group'): string {
  return isNumeric(text) ? 'expected an id from 0 to 2147483647' : `the container's ${file} does not have it`
}
