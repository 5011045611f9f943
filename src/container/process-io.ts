// Owns the types of the descriptors that a process gets. Types only.

/** A standard stream: lent for the start; an end of a pipe of ours, given to the process's user; or its own /dev/null. */
export type Stdio = { readonly kind: 'passed' | 'pipe'; readonly fd: number } | { readonly kind: 'null' }

export interface ProcessIo {
  readonly stdio: readonly [Stdio, Stdio, Stdio]
  /** Become 3, 4 and so on. Lent for the start. */
  readonly extraFiles: readonly number[]
}
