// Owns the cpuacct controller of cgroup v1: figures only.

import type { Controller } from '../controller.ts'
import { readCounter } from '../read-counters.ts'

export const cpuacctV1: Controller = {
  name: 'cpuacct',

  planSettings: () => [],

  readStats(kernel, directory) {
    return {
      cpu: {
        totalNanos: readCounter(kernel, `${directory}/cpuacct.usage`),
        userNanos: readCounter(kernel, `${directory}/cpuacct.usage_user`),
        kernelNanos: readCounter(kernel, `${directory}/cpuacct.usage_sys`),
      },
    }
  },
}
