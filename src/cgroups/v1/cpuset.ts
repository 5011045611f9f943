// Owns the cpuset controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/cpusets.rst). A new cpuset is empty,
// and an empty one takes no process: what is not configured comes from above.

import type { CgroupConfig } from '../../config/cgroup.ts'
import { readText, writeText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import type { Controller } from '../controller.ts'
import type { CgroupPlace } from '../hierarchies.ts'
import { parentOf } from '../locate-cgroup.ts'
import type { Setting } from '../settings.ts'

const NOT_ABOVE = 'not all of them are in the cgroup above it'
const HINTS = {
  EACCES: NOT_ABOVE,
  EINVAL:
    'this machine does not have them, or a cgroup beside it has them for itself (cpu_exclusive, mem_exclusive)',
  ERANGE: 'this machine does not have them',
}

export const cpusetV1: Controller = {
  name: 'cpuset',

  planSettings({ cpuset }: CgroupConfig): readonly Setting[] {
    const settings: Setting[] = []
    if (cpuset?.cpus !== undefined) {
      settings.push({ file: 'cpuset.cpus', value: cpuset.cpus, field: 'cgroup.cpuset.cpus', hints: HINTS })
    }
    if (cpuset?.mems !== undefined) {
      settings.push({ file: 'cpuset.mems', value: cpuset.mems, field: 'cgroup.cpuset.mems', hints: HINTS })
    }
    return settings
  },

  prepare(kernel, place, { cpuset }) {
    const configured = { 'cpuset.cpus': cpuset?.cpus, 'cpuset.mems': cpuset?.mems }
    for (const [file, value] of Object.entries(configured)) {
      const inherited = inherit(kernel, { ...place, directory: parentOf(place.directory) }, file)
      if (value === undefined) writeText(kernel, `${place.directory}/${file}`, inherited)
    }
  },
}

// The value of a cgroup, which it first gets from the one above when it has none.
function inherit(kernel: Kernel, place: CgroupPlace, file: string): string {
  const path = `${place.directory}/${file}`
  const own = readText(kernel, path).trim()
  if (own !== '' || place.directory === place.mountPoint) return own
  const inherited = inherit(kernel, { ...place, directory: parentOf(place.directory) }, file)
  writeText(kernel, path, inherited)
  return inherited
}
