// Owns the two network controllers of cgroup v1: net_cls and net_prio
// (Documentation/admin-guide/cgroup-v1/net_cls.rst, net_prio.rst).

import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { fieldOfKey } from '../field-of-key.ts'
import { lineOf } from '../previous-value.ts'
import type { Setting } from '../settings.ts'

export const netClsV1: Controller = {
  name: 'net_cls',

  planSettings({ netCls }: CgroupConfig): readonly Setting[] {
    if (netCls === undefined) return []
    return [{ file: 'net_cls.classid', value: String(netCls.classId), field: 'cgroup.netCls.classId' }]
  },
}

export const netPrioV1: Controller = {
  name: 'net_prio',

  planSettings({ netPrio }: CgroupConfig): readonly Setting[] {
    return Object.entries(netPrio?.priorities ?? {}).map(([name, priority]) => ({
      file: 'net_prio.ifpriomap',
      value: `${name} ${priority}`,
      field: fieldOfKey('cgroup.netPrio.priorities', name),
      hints: { ENODEV: 'the host has no such network interface' },
      restore: lineOf(name, `${name} 0`),
    }))
  },
}
