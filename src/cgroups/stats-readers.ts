// Owns how the figures of both versions of cgroups are read: a table of readers, of which the caller picks.

import type { Kernel } from '../system/kernel.ts'
import { type CgroupStats, STATS_NAMES, type StatsName } from './cgroup-stats.ts'

interface StatsReader<Stats> {
  /** Whose files they are; '' for files that are there without one. */
  readonly controller: string
  read(kernel: Kernel, directory: string, paths: Readonly<Record<string, string>>): Stats
}

export type StatsReaders = { readonly [N in StatsName]: StatsReader<NonNullable<CgroupStats[N]>> }

/**
 * Figures of the controllers that are there.
 * @param names which of them; null for all
 * @param directoryOf the directory of a controller, or undefined when it is not there
 * @throws LibcontainerError SystemError
 */
export function readStats(
  kernel: Kernel,
  readers: StatsReaders,
  names: readonly StatsName[] | null,
  paths: Readonly<Record<string, string>>,
  directoryOf: (controller: string) => string | undefined,
): CgroupStats {
  const stats: Record<string, unknown> = {}
  for (const name of names ?? STATS_NAMES) {
    const { controller, read } = readers[name]
    const directory = directoryOf(controller)
    if (directory !== undefined) stats[name] = read(kernel, directory, paths)
  }
  return stats
}
