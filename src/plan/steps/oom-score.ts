// Owns the badness adjustment for the OOM killer: written by the parent through the host's procfs, which no image
// can have changed (proc(5), oom_score_adj).

import type { HostFacts } from '../host-facts.ts'
import type { HostAction } from '../launch-plan.ts'
import { whenReachable } from './id-maps.ts'

export function planOomScore(adjustment: number | undefined, { caller }: HostFacts): readonly HostAction[] {
  if (adjustment === undefined) return []
  return [
    {
      when: whenReachable(caller),
      name: 'adjust the OOM score',
      object: String(adjustment),
      reason: 'asked for',
      field: 'process.oomScoreAdj',
      action: { kind: 'write-oom-score', adjustment, mayBeRefused: caller.rights !== 'root' },
    },
  ]
}
