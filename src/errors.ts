// Owns the one error class of the library, its codes and how a message is built from facts.
// It imports nothing and never formats a number of the kernel: callers hand in names (`ENOENT`, `openat2`).

/**
 * The stable codes. The first nine are those of the original library, in its order.
 *
 * - `IdInUse`: a container with this id exists under the same root.
 * - `InvalidIdFormat`: the id does not fit the grammar.
 * - `ContainerNotExists`: there is no such container, it is gone, or somebody destroys it meanwhile.
 * - `ContainerPaused`: the action needs a container that is not frozen.
 * - `ContainerNotStopped`: the action needs a container without a running process. `destroy` ends what runs instead.
 * - `ContainerNotRunning`: the action needs a running container.
 * - `ProcessNotExecuted`: the process was not started yet. Kept for callers of the original, whose processes were made
 *   before they were started; here `start` returns them, so nothing raises it.
 * - `ConfigInvalid`: a configuration or an option is wrong; nothing was touched.
 * - `SystemError`: the kernel, or a program that we depend on, refused.
 */
export const ERROR_CODES = [
  'IdInUse',
  'InvalidIdFormat',
  'ContainerNotExists',
  'ContainerPaused',
  'ContainerNotStopped',
  'ContainerNotRunning',
  'ProcessNotExecuted',
  'ConfigInvalid',
  'SystemError',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** What an error is built from. The message reads: Cannot `action` "`object`": `reason` (`hint`). */
export interface ErrorFacts {
  readonly code: ErrorCode
  /** What was tried, as a verb phrase: `mount "tmpfs" on`, `create container`. */
  readonly action: string
  /** What it was tried on; printed in quotes. */
  readonly object?: string
  /** Why it failed, in words or as an errno name. */
  readonly reason: string
  /** What the reader may do about it. */
  readonly hint?: string
  /** The step of the plan that failed. */
  readonly step?: string
  /** The field of the configuration that asked for it, as a path: `mounts[2].source`. */
  readonly field?: string
  /** The kernel's errno by name. */
  readonly errno?: string
  /** The system call that failed. */
  readonly syscall?: string
  readonly cause?: unknown
}

// Registered, so that two copies of the package in one process know each other's errors.
const BRAND = Symbol.for('libcontainer.error')

export class LibcontainerError extends Error {
  override readonly name = 'LibcontainerError'
  readonly code: ErrorCode
  readonly action: string
  readonly object: string | undefined
  readonly reason: string
  readonly hint: string | undefined
  readonly step: string | undefined
  readonly field: string | undefined
  readonly errno: string | undefined
  readonly syscall: string | undefined
  readonly [BRAND] = true

  constructor(facts: ErrorFacts) {
    super(describeFacts(facts), 'cause' in facts ? { cause: facts.cause } : undefined)
    this.code = facts.code
    this.action = facts.action
    this.object = facts.object
    this.reason = facts.reason
    this.hint = facts.hint
    this.step = facts.step
    this.field = facts.field
    this.errno = facts.errno
    this.syscall = facts.syscall
  }

  /** A report of several lines: the message, then each known fact on a line of its own, then the causes. */
  detail(): string {
    const facts: readonly (readonly [string, string | undefined])[] = [
      ['code', this.code],
      ['step', this.step],
      ['field', this.field],
      ['syscall', this.syscall],
      ['errno', this.errno],
      ['hint', this.hint],
    ]
    const lines = [this.message]
    for (const [name, value] of facts) if (value !== undefined) lines.push(`  ${name}: ${value}`)
    if (this.cause !== undefined) lines.push(`  cause: ${describeCause(this.cause)}`)
    if (this.stack !== undefined) lines.push(...this.stack.split('\n').slice(1))
    return lines.join('\n')
  }
}

/** Tells whether a value is an error of this library, made by any copy of the package. */
export function isLibcontainerError(value: unknown): value is LibcontainerError {
  return typeof value === 'object' && value !== null && BRAND in value
}

function describeFacts(facts: ErrorFacts): string {
  const object = facts.object === undefined ? '' : ` ${JSON.stringify(facts.object)}`
  const hint = facts.hint === undefined ? '' : ` (${facts.hint})`
  return `Cannot ${facts.action}${object}: ${facts.reason}${hint}`
}

function describeCause(cause: unknown): string {
  if (isLibcontainerError(cause)) return cause.detail().replaceAll('\n', '\n  ')
  return cause instanceof Error ? cause.message : String(cause)
}
