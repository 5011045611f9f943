// Owns what the private environment looks like to the contenders: cgroup v1 alone, or v2 alone. Mixed layouts are not
// measured, as crun refuses them.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

export type LayoutName = 'v1' | 'v2'

export interface Layout {
  readonly name: LayoutName
  /** Directly below their mount points the contenders make their cgroups. */
  readonly hierarchies: readonly { readonly mountPoint: string; readonly controllers: readonly string[] }[]
  /** Whether memory and pids can be limited. */
  readonly hasLimits: boolean
}

/** What makes a layout of what tools/privileged gives: v1, hybrid or v2. Run in a mount namespace of its own. */
const MAKE: Readonly<Record<LayoutName, string>> = {
  v1: `if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
       ! [ -e /sys/fs/cgroup/cgroup.controllers ]`,
  v2: `if ! [ -e /sys/fs/cgroup/cgroup.controllers ]; then
         mkdir /run/unified && mount --bind /sys/fs/cgroup/unified /run/unified &&
         umount --recursive /sys/fs/cgroup && mount --move /run/unified /sys/fs/cgroup
       fi`,
}

/** Preconditions: runs under tools/privileged. @returns null when this host has no such layout */
export function makeLayout(name: LayoutName): Layout | null {
  const { status } = spawnSync('sh', ['-c', MAKE[name]], { stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) return null
  if (name === 'v2') {
    const mountPoint = '/sys/fs/cgroup'
    const controllers = words(readFileSync(`${mountPoint}/cgroup.subtree_control`, 'utf8'))
    return {
      name,
      hierarchies: [{ mountPoint, controllers }],
      hasLimits: controllers.includes('memory') && controllers.includes('pids'),
    }
  }
  // A mount of the host that a newer one covers is listed too, at the same place.
  const mountPoints = new Set(
    readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .flatMap(([, mountPoint = '', type]) => (type === 'cgroup' ? [mountPoint] : [])),
  )
  const hierarchies = [...mountPoints].map((mountPoint) => ({
    mountPoint,
    controllers: mountPoint.slice('/sys/fs/cgroup/'.length).split(','),
  }))
  if (hierarchies.length === 0) return null
  const all = hierarchies.flatMap(({ controllers }) => controllers)
  return { name, hierarchies, hasLimits: all.includes('memory') && all.includes('pids') }
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/).filter(Boolean)
}
