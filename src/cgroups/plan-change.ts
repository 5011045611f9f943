// Owns which settings a change of limits writes: what was given, and what follows from it. Pure. Nothing else is
// touched, so that what others wrote there stays.

import type { CgroupConfig, CgroupLimits } from '../config/cgroup.ts'
import type { Setting } from './settings.ts'

/** A change of limits. */
export interface LimitChange {
  readonly before: CgroupConfig
  readonly after: CgroupConfig
  /** What was asked for: those of `after` that are written even if they are as before. */
  readonly given: CgroupLimits
}

/**
 * The settings of `after` that were given, or differ from those of `before`: a limit of swap alone changes with that
 * of memory, shares come back when a cgroup is not idle any more.
 */
export function planChange(
  plan: (config: CgroupConfig) => readonly Setting[],
  { before, after, given }: LimitChange,
): readonly Setting[] {
  const known = new Set(plan(before).map(textOf))
  return plan(after).filter((setting) => isGiven(given, setting.field) || !known.has(textOf(setting)))
}

function textOf({ file, value }: Setting): string {
  return `${file} ${value}`
}

const TOKEN = /\["(?<quoted>[^"]+)"\]|(?<plain>\w+)/g

/** Whether limits have a field, written as errors have it: `cgroup.blkio.devices[0].weight`. */
function isGiven(given: CgroupLimits, field: string): boolean {
  let value: unknown = { cgroup: given }
  for (const { groups } of field.matchAll(TOKEN)) {
    if (typeof value !== 'object' || value === null) return false
    value = (value as Record<string, unknown>)[groups?.quoted ?? groups?.plain ?? '']
  }
  return value !== undefined
}
