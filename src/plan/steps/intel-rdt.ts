// Owns the container's place in resctrl: made and joined by the parent, through the host's file system, while init
// waits. init has one thread then, and all that it starts is where it is.

import type { ValidConfig } from '../../config/container-config.ts'
import type { HostFacts } from '../host-facts.ts'
import type { HostAction } from '../launch-plan.ts'

export function planResctrlGroup({ intelRdt }: ValidConfig, { resctrl }: HostFacts): readonly HostAction[] {
  if (intelRdt === undefined || resctrl === undefined) return []
  const monitored = resctrl.monitor === undefined ? '' : ', with a group of its own that counts'
  return [
    {
      when: 'after the clone',
      name: 'prepare the resctrl group',
      object: resctrl.path,
      reason: `its schemata divide caches and memory bandwidth${monitored}`,
      field: 'intelRdt',
      action: { kind: 'prepare-resctrl', group: resctrl, settings: intelRdt },
      undo: 'remove it where it was made, else write back its schemata',
    },
    ...planResctrlJoin({ resctrl }),
  ]
}

export function planResctrlJoin({ resctrl }: Pick<HostFacts, 'resctrl'>): readonly HostAction[] {
  if (resctrl === undefined) return []
  return [
    {
      when: 'after the clone',
      name: 'put init into the resctrl group',
      object: resctrl.path,
      reason: 'what it starts is in it too',
      field: 'intelRdt',
      action: { kind: 'join-resctrl', group: resctrl },
    },
  ]
}
