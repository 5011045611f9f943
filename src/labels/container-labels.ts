// Owns the two labels of a container: made of the policy's own contexts for containers, and what a caller asks for.
// Pure: the policy's file is read, and categories are drawn, elsewhere.

import { formatSelinuxContext, parseSelinuxContext, type SelinuxContext } from './selinux-context.ts'

/** The labels of a container, as fields of its configuration. */
export interface SelinuxLabels {
  readonly selinuxLabel: string
  readonly mountLabel: string
}

/** What the policy gives the processes and the files of containers. */
export interface PolicyContexts {
  readonly process: SelinuxContext
  readonly file: SelinuxContext
}

/** Contexts from the text of lxc_contexts(5): `process = "..."`, `file = "..."`; null where one is missing. */
export function parsePolicyContexts(text: string): PolicyContexts | null {
  const contextOf = (key: string): SelinuxContext | null => {
    const value = new RegExp(`^\\s*${key}\\s*=\\s*"?([^"\\s]+)"?\\s*$`, 'm').exec(text)?.[1]
    return value === undefined ? null : parseSelinuxContext(value)
  }
  const process = contextOf('process')
  const file = contextOf('file')
  return process === null || file === null ? null : { process, file }
}

/** The process gets all that is asked for; files only user and level, as their role and type are the policy's. */
export function makeSelinuxLabels(
  { process, file }: PolicyContexts,
  asked: Partial<SelinuxContext>,
): SelinuxLabels {
  const { user = file.user, level } = asked
  const fileLevel = level === undefined ? {} : { level }
  return {
    selinuxLabel: formatSelinuxContext({ ...process, ...asked }),
    mountLabel: formatSelinuxContext({ ...file, user, ...fileLevel }),
  }
}
