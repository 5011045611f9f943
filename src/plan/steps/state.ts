// Owns when the state of a first process is written, and that its command begins no sooner: whoever finds the state can
// take the container down, even if the program that made it is gone.

import type { Scratch, Slot } from '../../protocol/op.ts'
import { GATE_GO, LIMITS } from '../../protocol/schema.ts'
import type { HostAction, Segment } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'

const ECONNRESET = 104

/**
 * Init waits for a word that the parent says as soon as the state is written, which is long before init comes here: so
 * neither waits for the other. Where init asks for something on its way here, the state is written before it begins.
 */
export function planStateWait(p: Planner): void {
  if (p.asks) return
  const control: Slot = { slot: LIMITS.CONTROL_SLOT }
  const word: Scratch = { scratch: 8 }
  p.step({ name: 'wait for the state', reason: 'nobody could take down what is in no state' })
  p.call('read', [control, word, 1])
  p.call('expect', [word, 1, 0xff, GATE_GO, ECONNRESET])
  p.waitForState()
}

/** The state has the pid in it. */
export const STATE_WRITE: HostAction = {
  when: 'while init works',
  name: 'write the state',
  reason: 'whoever finds it can take the container down, even if we are gone',
  action: { kind: 'write-state' },
  undo: 'remove the state directory',
}

/** Whether what is done while init works must be done before init gets this segment. */
export function takesStateFirst({ asks, waitsForState }: Segment): boolean {
  return asks && !waitsForState
}
