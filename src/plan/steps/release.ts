// Owns how a first process that was prepared waits for its release: all that can fail is behind it, and whoever made
// it may be gone.

import type { Slot } from '../../protocol/op.ts'
import type { Planner } from '../planner.ts'

export function planReleaseDescriptor(p: Planner): Slot {
  return p.descriptor({
    source: { kind: 'release-socket' },
    reason: 'where the release comes in; to make the socket itself, init would need a path of the host',
  })
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
