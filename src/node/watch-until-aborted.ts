// Owns ending an iteration of the core by an AbortSignal, which the core does not know.

import { signalOf } from './cancellation.ts'

/** The same events; aborting the signal ends every iteration, also one that waits. @throws ConfigInvalid */
export function watchUntilAborted<T>(
  events: AsyncIterable<T>,
  options: { readonly signal?: AbortSignal },
): AsyncIterable<T> {
  const signal = signalOf(options)
  if (signal === undefined) return events
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = events[Symbol.asyncIterator]()
      const end = async (): Promise<IteratorResult<T>> => {
        signal.removeEventListener('abort', end)
        return (await iterator.return?.()) ?? { done: true, value: undefined }
      }
      if (signal.aborted) void end()
      else signal.addEventListener('abort', end, { once: true })
      const next = async (): Promise<IteratorResult<T>> => {
        const result = await iterator.next()
        return result.done === true ? end() : result
      }
      return { next, return: end }
    },
  }
}
