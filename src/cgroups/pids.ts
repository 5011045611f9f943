// Owns the pids controller, the same in both versions (Documentation/admin-guide/cgroup-v1/pids.rst).

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Controller } from './controller.ts'
import type { Setting } from './settings.ts'

export const pidsController: Controller = {
  name: 'pids',

  planSettings({ pids }: CgroupConfig): readonly Setting[] {
    return pids === undefined
      ? []
      : [{ file: 'pids.max', value: encodeLimit(pids.limit), field: 'cgroup.pids.limit' }]
  },
}

// 0 would keep the container's first process out on v2, and let it in on v1: it counts as 1 in both.
function encodeLimit(limit: number): string {
  return limit < 0 ? 'max' : String(Math.max(1, limit))
}
