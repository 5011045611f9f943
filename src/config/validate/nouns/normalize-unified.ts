// Owns the check of the files of cgroup v2 that a configuration writes itself: only names of files in the cgroup, and
// none that would move, stop or kill processes or hand controllers on.

import { mapAt } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { textAt } from '../values/scalar-at.ts'

/** `memory.high`, `hugetlb.2MB.max`: a controller, a dot, the rest. No slash, and no dot at either end. */
const FILE = /^[a-z_]+(\.\w+)+$/
/** What the core of cgroups has for limits; its other files are for managing processes. */
const CORE_FILES: readonly string[] = ['cgroup.max.depth', 'cgroup.max.descendants', 'cgroup.pressure']
const NO_LIMIT = /^cgroup\./

export function normalizeUnified(value: unknown, at: string): Readonly<Record<string, string>> {
  return mapAt(value, at, 'texts by file of the cgroup', (file, text, field) => {
    if (!FILE.test(file)) refuseField(field, 'expected the name of a file of cgroup v2, such as memory.high')
    if (NO_LIMIT.test(file) && !CORE_FILES.includes(file))
      refuseField(field, 'this file manages processes or controllers, which the library does itself')
    const checked = textAt(text, field)
    // A write of nothing changes nothing, and would be taken for a success.
    if (checked.trim() === '') refuseField(field, 'there is nothing to write')
    return checked
  })
}
