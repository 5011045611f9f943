// Owns how a first process that was prepared waits for its release: all that can fail is behind it, and whoever made
// it may be gone.

import { SIGNALS, type SignalName } from '../../abi/signals.ts'
import type { Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

export function planReleaseDescriptor(p: Planner): Slot {
  return p.descriptor({
    source: { kind: 'release-socket' },
    reason: 'where the release comes in; to make the socket itself, init would need a path of the host',
  })
}

/** What ends a runc that waits, by the runtime of Go: it passes over the others. */
const ENDING: readonly SignalName[] = [
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGSEGV',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGSYS',
]

/** Before the first filter: nobody knows whether that lets a handler be set. */
export function planMortality(p: Planner): void {
  p.step({
    name: 'hear signals',
    reason:
      'whoever stops it while it waits; process 1 of a pid namespace is deaf to what it does not handle',
  })
  p.call('mortal', [ENDING.reduce((mask, name) => mask | (1n << BigInt(SIGNALS[name] - 1)), 0n)])
}

/** With `started` the maker hears that it succeeded, and goes. */
export function planRelease(p: Planner, socket: Slot): void {
  p.step({
    name: 'wait for the release',
    reason: 'it was prepared; any program may let it go on, which hears of what is left',
  })
  p.call('started', [])
  p.call('await', [socket])
}
