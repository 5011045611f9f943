// Owns the plan of a hook that runs in the caller's own namespaces: a process of its own, with nothing of the caller
// but three streams. Pure.

import type { Command } from '../config/command.ts'
import type { HostFacts } from './host-facts.ts'
import type { Label, LaunchPlan, Segment, Segments } from './launch-plan.ts'
import { Planner } from './planner.ts'
import { planSession } from './steps/session.ts'

/** @param directory its working directory */
export function hookPlan(
  label: Label,
  { path, args = [path], env = [] }: Command,
  directory: string,
  facts: Pick<HostFacts, 'ignoredSignals'>,
): LaunchPlan {
  const p = new Planner()
  const streams = [0, 1, 2].map((index) =>
    p.descriptor({ source: { kind: 'stdio', index }, reason: `standard stream ${index}` }),
  )
  planSession(p, facts)
  p.step({ name: 'enter the bundle', object: directory, reason: 'hooks start there' })
  p.call('chdir', [directory])
  p.step(label)
  for (const [index, slot] of streams.entries()) p.call('dup3', [slot, index, 0])
  p.call('started', [])
  p.call('execve', [path, { table: args }, args.length, { table: env }, env.length])
  return Object.freeze({
    outset: { actions: [], clone: { flags: 0, intoCgroup: false, pidNamespace: null } },
    actions: [],
    descriptors: p.descriptors,
    segments: only(p.finish()),
  })
}

function* only(segment: Segment): Segments {
  yield segment
}
