// Owns who makes the cgroup, and init's own part in joining it (v1). On v2 it was born there.

import type { Slot } from '../../protocol/op.ts'
import type { CgroupFacts, HostFacts } from '../host-facts.ts'
import type { HostAction } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'

/**
 * The parent's part: the cgroup is there, with its limits, before the first process is in it. Not with systemd. On v1,
 * where init joins it later, a directory in each hierarchy is made while the kernel makes init.
 */
export function planCgroup(cgroup: CgroupFacts | null): readonly HostAction[] {
  if (cgroup === null || cgroup.unit !== null) return []
  return [
    {
      when: cgroup.bornInside ? 'before the clone' : 'beside the clone',
      name: 'make the cgroup',
      reason: 'limits hold before the first process is in it',
      field: 'cgroup',
      action: { kind: 'create-cgroup' },
      undo: 'kill what is in it and remove it',
    },
  ]
}

/** The same with systemd. */
export function planUnit(cgroup: CgroupFacts | null): readonly HostAction[] {
  if (cgroup === null || cgroup.unit === null) return []
  return [
    {
      when: 'after the clone',
      name: 'have systemd start',
      object: cgroup.unit,
      reason: 'it makes a cgroup around a running process only, and init does nothing yet',
      field: 'cgroup',
      action: { kind: 'start-unit' },
      undo: 'kill what is in it and stop the unit',
    },
  ]
}

export function planCgroupDescriptors(p: Planner, facts: HostFacts): readonly Slot[] {
  return Array.from({ length: facts.cgroup?.tasksFiles ?? 0 }, (_, index) =>
    p.descriptor({
      source: { kind: 'cgroup-tasks', index },
      reason: 'the tasks file of a cgroup hierarchy',
      field: 'cgroup.path',
    }),
  )
}

/** A single thread that moves itself waits for no RCU grace period, which a move by its parent does (speed.md 1.3). */
export function planCgroupJoin(p: Planner, tasks: readonly Slot[]): void {
  if (tasks.length === 0) return
  p.step({
    name: 'join the cgroups',
    reason: 'before anything else is done on behalf of the container',
    field: 'cgroup.path',
    hints: {
      ENOSPC: 'a cpuset without cpus or mems',
      EINVAL: 'realtime scheduling without realtime bandwidth in the cgroup',
    },
  })
  for (const file of tasks) p.call('write', [file, '0', 1])
}
