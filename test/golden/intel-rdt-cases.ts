// Owns the golden cases of resource control by the CPU.

import { bare, type GoldenCase, sh } from './golden-case.ts'

const resctrl = {
  mount: '/sys/fs/resctrl',
  path: '/sys/fs/resctrl/golden',
  isOwn: true,
  monitor: '/sys/fs/resctrl/golden/mon_groups/golden',
}

export const INTEL_RDT_CASES: readonly GoldenCase[] = [
  {
    name: 'intel-rdt',
    about: 'A class of service of its own, with a group that counts: made and joined while init waits.',
    plan: 'create',
    config: {
      ...bare,
      namespaces: [{ type: 'mount' }],
      intelRdt: { l3CacheSchema: 'L3:0=f', memBwSchema: 'MB:0=20', enableMonitoring: true },
    },
    process: sh,
    facts: { resctrl },
  },
  {
    name: 'exec-intel-rdt',
    about: 'A later process joins the class of service.',
    plan: 'exec',
    config: { ...bare, namespaces: [{ type: 'mount' }], intelRdt: {} },
    process: sh,
    facts: { resctrl },
  },
]
