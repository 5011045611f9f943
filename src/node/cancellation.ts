// Owns showing an AbortSignal to the core, which knows none.

import type { Cancellation } from '../core.ts'

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
