// Owns how the "linux" part of config.json is read: a reader for each field that is applied, a refusal for each that
// is not yet. What comes out has the names and the units of the specification.

import { NAMESPACE_TYPES } from '../config/validate/nouns/normalize-namespaces.ts'
import { normalizeSysctl } from '../config/validate/nouns/normalize-sysctl.ts'
import { absolutePathAt } from '../config/validate/values/path-at.ts'
import type { Reader } from '../config/validate/values/record-at.ts'
import { booleanAt, nameOf, textAt } from '../config/validate/values/scalar-at.ts'
import { notYet } from './not-yet.ts'
import type {
  SpecCpu,
  SpecDevice,
  SpecDeviceRule,
  SpecIdMapping,
  SpecLinux,
  SpecMemory,
  SpecNamespace,
  SpecResources,
  SpecTimeOffset,
} from './runtime-spec.ts'
import { int64At, integerAt, listOf, objectOf, textsAt } from './spec-values.ts'

const namespaceAt = objectOf<SpecNamespace>(
  'a namespace',
  { type: nameOf(NAMESPACE_TYPES, 'a type of namespace'), path: textAt },
  ['type'],
)

const idMappingAt = objectOf<SpecIdMapping>(
  'an id mapping',
  { containerID: integerAt, hostID: integerAt, size: integerAt },
  ['containerID', 'hostID', 'size'],
)

const timeOffsetAt = objectOf<SpecTimeOffset>('an offset', { secs: int64At, nanosecs: integerAt })

const deviceAt = objectOf<SpecDevice>(
  'a device',
  {
    type: nameOf(['c', 'b', 'u', 'p'], 'a type of node'),
    path: absolutePathAt,
    major: integerAt,
    minor: integerAt,
    fileMode: integerAt,
    uid: integerAt,
    gid: integerAt,
  },
  ['type', 'path'],
)

const deviceRuleAt = objectOf<SpecDeviceRule>(
  'a device rule',
  {
    allow: booleanAt,
    type: nameOf(['', 'a', 'c', 'b'], 'a type of device'),
    major: integerAt,
    minor: integerAt,
    access: textAt,
  },
  ['allow'],
)

const memoryAt = objectOf<SpecMemory>('a set of memory limits', {
  limit: int64At,
  reservation: int64At,
  swap: int64At,
  kernel: int64At,
  kernelTCP: int64At,
  swappiness: integerAt,
  disableOOMKiller: booleanAt,
  ...notYet('useHierarchy', 'checkBeforeUpdate'),
})

const cpuAt = objectOf<SpecCpu>('a set of cpu limits', {
  shares: integerAt,
  quota: integerAt,
  period: integerAt,
  realtimeRuntime: integerAt,
  realtimePeriod: integerAt,
  cpus: textAt,
  mems: textAt,
  ...notYet('burst', 'idle'),
})

const resourcesAt = objectOf<SpecResources>('a set of resources', {
  devices: listOf(deviceRuleAt),
  memory: memoryAt,
  cpu: cpuAt,
  pids: objectOf<{ readonly limit?: number | bigint }>('a limit of processes', { limit: int64At }),
  ...notYet('blockIO', 'hugepageLimits', 'network', 'rdma', 'unified'),
})

/** Reads the "linux" part of a specification. */
export const linuxAt: Reader<SpecLinux> = objectOf<SpecLinux>('a linux configuration', {
  namespaces: listOf(namespaceAt),
  uidMappings: listOf(idMappingAt),
  gidMappings: listOf(idMappingAt),
  timeOffsets: objectOf('a set of offsets', { monotonic: timeOffsetAt, boottime: timeOffsetAt }),
  devices: listOf(deviceAt),
  cgroupsPath: textAt,
  resources: resourcesAt,
  rootfsPropagation: textAt,
  maskedPaths: textsAt,
  readonlyPaths: textsAt,
  sysctl: normalizeSysctl,
  ...notYet('seccomp', 'netDevices', 'mountLabel', 'intelRdt', 'personality', 'memoryPolicy'),
})
