// Owns what a golden case is, and what most cases begin with.

import type { ContainerConfig, ProcessSpec } from '../../src/core.ts'
import type { DescriptorFacts, HostFacts } from '../../src/plan/host-facts.ts'

export interface GoldenCase {
  /** Also the name of the file. */
  readonly name: string
  readonly about: string
  readonly plan: 'create' | 'exec'
  readonly config: ContainerConfig
  readonly process: ProcessSpec
  /** What differs from FACTS. */
  readonly facts?: Partial<HostFacts>
  /** What differs from three pipes. */
  readonly descriptors?: DescriptorFacts
}

export const rootfs = '/srv/rootfs'
/** Nothing but what the case is about. */
export const bare = { rootfs, mounts: [], devices: [], maskedPaths: [], readonlyPaths: [] } as const
export const sh = { args: ['/bin/sh'] } as const
