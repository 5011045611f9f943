// Owns the rdma controller, the same in both versions (Documentation/admin-guide/cgroup-v1/rdma.rst).

import type { CgroupConfig } from '../config/cgroup.ts'
import type { Controller } from './controller.ts'
import { lineOf } from './previous-value.ts'
import type { Setting } from './settings.ts'

export const rdmaController: Controller = {
  name: 'rdma',

  planSettings({ rdma = [] }: CgroupConfig): readonly Setting[] {
    return rdma.flatMap(({ device, hcaHandles, hcaObjects }, index) => {
      const words = [
        ...(hcaHandles === undefined ? [] : [`hca_handle=${hcaHandles < 0 ? 'max' : hcaHandles}`]),
        ...(hcaObjects === undefined ? [] : [`hca_object=${hcaObjects < 0 ? 'max' : hcaObjects}`]),
      ]
      if (words.length === 0) return []
      const value = [device, ...words].join(' ')
      const hints = { ENODEV: 'there is no such RDMA device' }
      const restore = lineOf(device, `${device} hca_handle=max hca_object=max`)
      return [{ file: 'rdma.max', value, field: `cgroup.rdma[${index}]`, hints, restore }]
    })
  },
}
