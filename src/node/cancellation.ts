// Owns what a caller hands in as an AbortSignal: its check, and showing it to the core, which knows none.

import { type Cancellation, LibcontainerError, objectAt } from '../core.ts'

/** By what it can do, as there may be one of another realm. @throws ConfigInvalid, before anything is done */
export function validateSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal === undefined) return undefined
  if (typeof signal?.aborted === 'boolean' && typeof signal.addEventListener === 'function') return signal
  throw new LibcontainerError({
    code: 'ConfigInvalid',
    action: 'use signal',
    field: 'signal',
    reason: 'expected an AbortSignal',
  })
}

/** The signal of options of ours. @throws ConfigInvalid, also for what are no options */
export function signalOf(options: { readonly signal?: AbortSignal }): AbortSignal | undefined {
  return validateSignal(objectAt(options, 'options').signal)
}

export function cancellationOf(signal: AbortSignal): Cancellation {
  return {
    get requested() {
      return signal.aborted
    },
    get reason() {
      return signal.reason
    },
    onRequest(callback) {
      signal.addEventListener('abort', callback, { once: true })
      return () => signal.removeEventListener('abort', callback)
    },
  }
}
