// Owns reading the text of /etc/passwd and /etc/group. The text is the image's: lines that are no entry are passed
// over, so that no garbage ever means uid 0.

import { MAX_USER_ID } from '../config/validate/nouns/normalize-groups.ts'

/** A line of /etc/passwd (passwd(5)). */
export interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/** A line of /etc/group (group(5)). */
export interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

/** The entries of a passwd file, in order. */
export function parsePasswd(text: string): readonly PasswdEntry[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', , uidText = '', gidText = '', , home = ''] = line.trim().split(':')
    const uid = parseId(uidText)
    const gid = parseId(gidText)
    return name === '' || uid === undefined || gid === undefined ? [] : [{ name, uid, gid, home }]
  })
}

/** The entries of a group file, in order. */
export function parseGroup(text: string): readonly GroupEntry[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', , gidText = '', members = ''] = line.trim().split(':')
    const gid = parseId(gidText)
    return name === '' || gid === undefined
      ? []
      : [{ name, gid, members: members === '' ? [] : members.split(',') }]
  })
}

/** A decimal id in range, or undefined. */
export function parseId(text: string): number | undefined {
  const id = /^\d+$/.test(text) ? Number(text) : -1
  return id >= 0 && id <= MAX_USER_ID ? id : undefined
}

/** Whether a text is meant as a number, in range or not: then it is no name (CVE-2016-3697). */
export function isNumeric(text: string): boolean {
  return /^[+-]?\d+$/.test(text)
}

function linesOf(text: string): readonly string[] {
  return text.split('\n')
}
