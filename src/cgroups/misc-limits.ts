// Owns the misc controller, the same in both versions (Documentation/admin-guide/cgroup-v2.rst, "Misc").

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Controller } from './controller.ts'
import { fieldOfKey } from './field-of-key.ts'
import { lineOf } from './previous-value.ts'
import type { Setting } from './settings.ts'

export const miscController: Controller = {
  name: 'misc',

  planSettings({ misc = {} }: CgroupConfig): readonly Setting[] {
    return Object.entries(misc).map(([name, limit]) => ({
      file: 'misc.max',
      value: `${name} ${limit === -1n ? 'max' : limit}`,
      field: fieldOfKey('cgroup.misc', name),
      hints: { EINVAL: 'this machine has no such resource (misc.capacity of the root)' },
      restore: lineOf(name, `${name} max`),
    }))
  },
}
