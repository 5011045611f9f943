// Owns who makes a container's cgroup, and where it is when config.json names no place.

import { type ConvertOptions, defaultCgroupPath } from '../core.ts'
import type { CommandContext } from './command.ts'
import { usesSystemd } from './global-options.ts'

export function cgroupOptions(
  { kernel, global }: Pick<CommandContext, 'kernel' | 'global'>,
  id: string,
): ConvertOptions {
  if (usesSystemd(global)) return { cgroupManager: 'systemd', cgroupPath: `:runt:${id}` }
  return {
    get cgroupPath() {
      return defaultCgroupPath(kernel, id)
    },
  }
}
