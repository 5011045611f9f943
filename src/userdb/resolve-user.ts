// Owns turning the text that says who a process runs as into ids, by the container's own /etc/passwd and /etc/group.

import { isNumeric, type PasswdEntry, parseGroup, parseId, parsePasswd } from './parse-passwd.ts'
import { refuseUser } from './refuse-user.ts'
import { reasonOf } from './resolve-groups.ts'

/** The text of the two files; null where there is none. */
export interface UserFiles {
  readonly passwd: string | null
  readonly group: string | null
}

export interface ResolvedUser {
  readonly uid: number
  readonly gid: number
  /** Supplementary groups. */
  readonly groups: readonly number[]
  readonly home: string
  /** null: the container's files have no name for it. */
  readonly name: string | null
}

/** The field that names both the user and the group. */
const FIELD = 'process.user'

/** What holds where neither the text nor the files say anything. */
const DEFAULT_USER: ResolvedUser = Object.freeze({
  uid: 0,
  gid: 0,
  groups: Object.freeze([]),
  home: '/',
  name: null,
})

/**
 * Resolves `""`, `user`, `uid`, `user:group`, `uid:gid` and the like.
 *
 * - A number is a number: it never matches a name (CVE-2016-3697), and need not be in the files.
 * - The first entry that fits wins. It gives uid, home and, where the text has no group, the gid.
 * - Supplementary groups are those that list the user, but only where the text has no group.
 *
 * @throws `SystemError` for an unknown name or a number out of range
 */
export function resolveUser(
  spec: string,
  files: UserFiles,
  defaults: ResolvedUser = DEFAULT_USER,
): ResolvedUser {
  const colon = spec.indexOf(':')
  const userText = colon < 0 ? spec : spec.slice(0, colon)
  const groupText = colon < 0 ? '' : spec.slice(colon + 1)
  const user = userOf(userText, files.passwd, defaults)
  if (groupText !== '') return { ...user, gid: gidOf(groupText, files.group) }
  return { ...user, groups: groupsOf(user, files.group) }
}

function userOf(text: string, passwd: string | null, defaults: ResolvedUser): ResolvedUser {
  const uid = text === '' ? defaults.uid : parseId(text)
  const fits = (entry: PasswdEntry) => (uid === undefined ? entry.name === text : entry.uid === uid)
  const entry = passwd === null || isOutOfRange(text, uid) ? undefined : parsePasswd(passwd).find(fits)
  if (entry !== undefined) return { ...entry, groups: defaults.groups }
  return { ...defaults, uid: uid ?? refuseUser('user', text, reasonOf(text, '/etc/passwd'), FIELD) }
}

function gidOf(text: string, group: string | null): number {
  if (isNumeric(text)) return parseId(text) ?? refuseUser('group', text, reasonOf(text), FIELD)
  const entry = parseGroup(group ?? '').find(({ name }) => name === text)
  return entry?.gid ?? refuseUser('group', text, reasonOf(text), FIELD)
}

function groupsOf(user: ResolvedUser, group: string | null): readonly number[] {
  const { name } = user
  if (name === null || group === null) return user.groups
  const listed = parseGroup(group).filter(({ members }) => members.includes(name))
  return listed.length === 0 ? user.groups : [...new Set(listed.map(({ gid }) => gid))]
}

function isOutOfRange(text: string, uid: number | undefined): boolean {
  return uid === undefined && isNumeric(text)
}
