// Owns durations as Go programs write them: `5s`, `1m30s`, `250ms`.

import { usageError } from './options.ts'

const MILLIS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

const DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g

/** @returns milliseconds above 0 @throws LibcontainerError ConfigInvalid */
export function parseDurationMs(option: string, text: string): number {
  let total = 0
  if (DURATION.test(text))
    for (const [, number, unit = ''] of text.matchAll(PART)) total += Number(number) * (MILLIS[unit] ?? 0)
  if (total > 0) return total
  throw usageError(option, `expected a duration above 0 such as 5s, got ${JSON.stringify(text)}`)
}
