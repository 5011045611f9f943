// Owns what an SELinux context says as text, `user:role:type:level`, and the contexts made from it. Pure: whether the
// policy knows a context is for the kernel to say.

/** The parts of a context. */
export interface SelinuxContext {
  readonly user: string
  readonly role: string
  readonly type: string
  /** Sensitivity and categories: `s0:c1,c2`; absent under a policy without levels. */
  readonly level?: string
}

/** The parts of a context, or null when the text is none. The level keeps its colons. */
export function parseSelinuxContext(label: string): SelinuxContext | null {
  if (typeof label !== 'string') return null
  const match = /^([^:\s"]+):([^:\s"]+):([^:\s"]+)(?::([^\s"]+))?$/.exec(label)
  if (match === null) return null
  const [, user = '', role = '', type = '', level] = match
  return level === undefined ? { user, role, type } : { user, role, type, level }
}

/** The inverse of `parseSelinuxContext`. */
export function formatSelinuxContext({ user, role, type, level }: SelinuxContext): string {
  return [user, role, type, ...(level === undefined ? [] : [level])].join(':')
}

/** The context of files that all containers may share: without categories. */
export function sharedFileContext(label: string): string {
  const context = parseSelinuxContext(label)
  if (context?.level === undefined) return label
  return formatSelinuxContext({ ...context, level: 's0' })
}
