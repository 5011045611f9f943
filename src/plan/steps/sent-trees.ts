// Owns which trees the parent takes and sends along: those that init has no rights over in a user namespace, and those
// that take rights over the host's own ids, or reading the image, to prepare.

import { CLONE_NEWUSER } from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { BindMount, FilesystemMount, Mount } from '../../config/mount.ts'
import type { IdMapping } from '../../config/namespace.ts'
import { labelledOptions } from '../../labels/mount-options.ts'
import type { Slot } from '../../protocol/op.ts'
import type { HostFacts } from '../host-facts.ts'
import type { IdMapSource, PlannedDescriptor } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { idMapText } from './id-maps.ts'
import { hasNamespace, makesNamespace } from './namespaces.ts'

export interface SentTrees {
  readonly root: Slot | null
  /** By index of the configuration's mounts. */
  readonly mounts: ReadonlyMap<number, Slot>
}

export function planSentTrees(p: Planner, config: ValidConfig, facts: HostFacts): SentTrees {
  const root = isParentsView(config, facts) ? planSentRoot(p, config) : null
  const mounts = new Map<number, Slot>()
  config.mounts.forEach((mount, index) => {
    const source = sourceOf(mount, index, config, facts)
    if (source === null) return
    mounts.set(index, p.descriptor({ source, reason: reasonOf(source), field: `mounts[${index}].source` }))
  })
  return { root, mounts }
}

function reasonOf(source: PlannedDescriptor['source']): string {
  if (source.kind !== 'tree') return 'a tmpfs with a copy of what it covers'
  return source.idMap === null
    ? 'the source of a bind'
    : 'the source of a bind, with the owners that its id map says'
}

/** Whether init may not be able to reach what the parent can. */
function isParentsView(config: ValidConfig, { caller }: HostFacts): boolean {
  // In a mount namespace that is joined, the root's path is a path there.
  const isHostsView = makesNamespace(config, 'mount') || !hasNamespace(config, 'mount')
  // A caller without rights can't take trees; init reaches what the caller reaches, and has the rights by then.
  return hasNamespace(config, 'user') && isHostsView && caller.rights !== 'user'
}

function planSentRoot(p: Planner, config: ValidConfig): Slot {
  const { rootfs: path } = config
  return p.descriptor({
    source: makesNamespace(config, 'mount')
      ? { kind: 'tree', path, recursive: true, idMap: null }
      : { kind: 'directory', path },
    reason: 'the root filesystem, which init may not be able to reach',
    field: 'rootfs',
  })
}

function sourceOf(
  mount: Mount,
  index: number,
  config: ValidConfig,
  facts: HostFacts,
): PlannedDescriptor['source'] | null {
  if (mount.type === 'bind') {
    const { source, recursive = true, idMap } = mount as BindMount
    if (idMap === undefined && !isParentsView(config, facts)) return null
    return { kind: 'tree', path: source, recursive, idMap: idMapSource(config, idMap) }
  }
  if (!('copyUp' in mount) || !mount.copyUp) return null
  const mode = facts.mounts[index]?.coveredMode
  const options = (mount.data ?? '') + (mode === undefined ? '' : `,mode=${mode.toString(8)}`)
  const data = labelledOptions('tmpfs', options, config.mountLabel)
  const owner = { uid: hostId(0, config.uidMappings), gid: hostId(0, config.gidMappings) }
  return { kind: 'filled-tmpfs', name: mount.source ?? 'tmpfs', data, from: coveredBy(config, index), owner }
}

/** Ids of the mount's own, or those of the container's user namespace. */
function idMapSource(config: ValidConfig, idMap: BindMount['idMap']): IdMapSource | null {
  if (idMap === undefined) return null
  const { recursive = false } = idMap
  const joined = config.namespaces.find(({ type, path }) => type === 'user' && path !== undefined)?.path
  if (idMap.uidMappings === undefined && joined !== undefined)
    return { recursive, namespace: { path: joined, cloneFlag: CLONE_NEWUSER } }
  const { uidMappings = [], gidMappings = [] } = idMap.uidMappings === undefined ? config : idMap
  return { recursive, uidMap: idMapText(uidMappings), gidMap: idMapText(gidMappings) }
}

/** What a mount covers: the image's directory, or that of an earlier bind. null: what is there is empty, or not ours. */
function coveredBy({ rootfs, mounts }: ValidConfig, index: number): { root: string; path: string } | null {
  const path = (mounts[index] as FilesystemMount).destination
  for (const mount of mounts.slice(0, index).reverse()) {
    const { type, destination } = mount
    if (path !== destination && !path.startsWith(`${destination}/`)) continue
    if (type === 'remount' || ('copyUp' in mount && mount.copyUp)) continue
    return type === 'bind'
      ? { root: (mount as BindMount).source, path: path.slice(destination.length) || '/' }
      : null
  }
  return { root: rootfs, path }
}

/** The host's id of one inside, where the container brings its own map. */
function hostId(id: number, rows: readonly IdMapping[] = []): number {
  const row = rows.find(({ containerId, size }) => id >= containerId && id < containerId + size)
  return row === undefined ? id : row.hostId + (id - row.containerId)
}
