// Owns the small interface behind which each controller of v1 and v2 is. Types only.

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Kernel } from '../system/kernel.ts'
import type { CgroupPlace } from './hierarchies.ts'
import type { Setting } from './settings.ts'

export interface Controller {
  /** As in /proc/cgroups and cgroup.controllers. */
  readonly name: string
  /**
   * What the configuration asks of it, in the order of writing; empty when nothing.
   * @throws LibcontainerError ConfigInvalid for a limit that this version of cgroups does not have
   */
  planSettings(config: CgroupConfig): readonly Setting[]
  /** What must be done before the settings are written; `parents` are those directories that were just made. */
  prepare?(kernel: Kernel, place: CgroupPlace, config: CgroupConfig, parents: readonly string[]): void
  /** What the caller wants checked before limits are changed. @throws LibcontainerError ConfigInvalid */
  check?(kernel: Kernel, directory: string, config: CgroupConfig): void
  /** Checks what the kernel made of the settings. @throws LibcontainerError ConfigInvalid */
  confirm?(kernel: Kernel, place: CgroupPlace, config: CgroupConfig): void
}
