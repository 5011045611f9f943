// Owns the way from the resources of the specification, alone, to a change of limits: what a caller of `runc update`
// gives. Device rules are left as they are. Pure.

import type { CgroupLimits } from '../config/cgroup.ts'
import { convertLimits } from './convert-resources.ts'
import { resourcesAt } from './linux-at.ts'

export interface ConvertedUpdate {
  readonly limits: CgroupLimits
  /** What the specification says to warn of, and to go on. Each begins with the field. */
  readonly warnings: readonly string[]
}

/**
 * Converts `linux.resources` of a runtime specification as parseJson returns it. What is absent or 0 stays as it is.
 * @throws `ConfigInvalid`, with the field's path: `resources.memory.limit`
 */
export function convertUpdate(resources: unknown): ConvertedUpdate {
  const { pids, ...given } = resourcesAt(resources, 'resources')
  const warnings: string[] = []
  const warn = (text: string): void => void warnings.push(text)
  const limits = convertLimits({ ...given, ...(pids?.limit && { pids }) }, warn)
  const { memory } = limits
  // No limit of memory alone would leave that of memory and swap together, which then is one of memory.
  const unlimits = memory?.limitBytes === -1n && memory.swapBytes === undefined
  return { limits: { ...limits, ...(unlimits && { memory: { ...memory, swapBytes: -1n } }) }, warnings }
}
