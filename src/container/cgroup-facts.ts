// Owns what a plan needs to know of a container's cgroups. It asks the manager, and reads no file.

import type { CgroupManager } from '../cgroups/manager.ts'
import { UNIFIED } from '../cgroups/manager-input.ts'
import type { CgroupFacts, CgroupView } from '../plan/host-facts.ts'
import type { Host } from './host.ts'

/** For the first process, and what it mounts. */
export function firstCgroupFacts(
  cgroup: CgroupManager | null,
  host: Pick<Host, 'hierarchies'>,
): CgroupFacts | null {
  if (cgroup === null) return null
  const tree = cgroup.version === 2 ? host.hierarchies.unified?.mountPoint : undefined
  const facts = {
    ...joinedCgroupFacts(cgroup),
    views: readViews(cgroup),
    ...(tree !== undefined && { tree }),
  }
  // systemd takes the first process in, once it exists.
  return cgroup.unit === null ? facts : { ...facts, bornInside: false, tasksFiles: 0 }
}

/** For a process that joins, and mounts nothing. */
export function laterCgroupFacts(cgroup: CgroupManager | null): CgroupFacts | null {
  return cgroup === null ? null : joinedCgroupFacts(cgroup)
}

function joinedCgroupFacts({ version, paths, unit }: CgroupManager): CgroupFacts {
  const hierarchies = new Set<string>()
  for (const controller in paths) if (controller !== UNIFIED) hierarchies.add(paths[controller] as string)
  return {
    version,
    views: [],
    unit: unit?.name ?? null,
    bornInside: UNIFIED in paths,
    tasksFiles: version === 2 ? 0 : hierarchies.size,
  }
}

/** The directories of a manager as the container will see them; co-mounted controllers share one. */
function readViews({ version, paths }: CgroupManager): readonly CgroupView[] {
  const byPath = new Map<string, string[]>()
  for (const [controller, path] of Object.entries(paths)) {
    if (version === 1 && controller === UNIFIED) continue
    const names = byPath.get(path)
    const name = controller.startsWith('name=') ? controller.slice('name='.length) : controller
    if (names === undefined) byPath.set(path, [name])
    else names.push(name)
  }
  const views: CgroupView[] = []
  for (const [source, names] of byPath) {
    views.push({
      source,
      name: version === 2 ? '' : names.join(','),
      aliases: names.length > 1 ? names : [],
    })
  }
  return views
}
