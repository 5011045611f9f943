// Owns how intelRdt of config.json becomes ours: an empty text is one that is not given.

import type { IntelRdt } from '../config/intel-rdt.ts'
import type { SpecIntelRdt } from './runtime-spec.ts'

export function convertIntelRdt(spec: SpecIntelRdt): IntelRdt {
  const { closID, schemata, l3CacheSchema, memBwSchema, enableMonitoring, enableCMT, enableMBM } = spec
  return {
    ...(closID && { closId: closID }),
    ...(l3CacheSchema && { l3CacheSchema }),
    ...(memBwSchema && { memBwSchema }),
    ...(schemata && { schemata: schemata.filter((line) => line !== '') }),
    ...((enableMonitoring || enableCMT || enableMBM) && { enableMonitoring: true }),
  }
}
