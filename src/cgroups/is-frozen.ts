// Owns the question whether a container's cgroups are frozen. It looks and does nothing else, so it needs no manager,
// and takes the paths of a state file as they are.

import type { Kernel } from '../system/kernel.ts'
import { UNIFIED } from './manager-input.ts'
import { isFrozenV1 } from './v1/freezer.ts'
import { isFrozenV2 } from './v2/freezer.ts'

/** @param paths as `CgroupManager.paths` has them; without a freezer on v1 nothing there can be frozen */
export function isFrozen(kernel: Kernel, paths: Readonly<Record<string, string>>): boolean {
  const { freezer, [UNIFIED]: unified } = paths
  if (freezer !== undefined) return isFrozenV1(kernel, freezer)
  return unified !== undefined && isFrozenV2(kernel, unified)
}
