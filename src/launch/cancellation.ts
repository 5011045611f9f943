// Owns the type by which a caller gives up a start that is under way. Types only: the core knows no AbortSignal.

export interface Cancellation {
  /** Why, once it was requested; undefined before. */
  readonly reason: unknown
  readonly requested: boolean
  /** Calls back once when it is requested. @returns how to stop listening */
  onRequest(callback: () => void): () => void
}
