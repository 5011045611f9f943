// Owns how the "linux" part of config.json is read: a reader for each field. What comes out has the names and the units of the specification.

import { NAMESPACE_TYPES } from '../config/validate/nouns/normalize-namespaces.ts'
import { normalizeSysctl } from '../config/validate/nouns/normalize-sysctl.ts'
import { int64At, integerAt, listOf, textsAt } from '../config/validate/values/json-values.ts'
import { absolutePathAt } from '../config/validate/values/path-at.ts'
import { mapAt, type Reader } from '../config/validate/values/record-at.ts'
import { refuseField } from '../config/validate/values/refuse.ts'
import { booleanAt, integerFrom, nameOf, textAt } from '../config/validate/values/scalar-at.ts'
import type {
  SpecBlockIo,
  SpecCpu,
  SpecDevice,
  SpecDeviceRule,
  SpecHugepageLimit,
  SpecIdMapping,
  SpecIntelRdt,
  SpecLinux,
  SpecMemory,
  SpecNamespace,
  SpecNetDevice,
  SpecNetworkClasses,
  SpecRdma,
  SpecResources,
  SpecThrottleDevice,
  SpecTimeOffset,
  SpecWeightDevice,
} from './runtime-spec.ts'
import { memoryPolicyAt, personalityAt } from './scheduling-at.ts'
import { seccompAt } from './seccomp-at.ts'
import { objectOf } from './spec-values.ts'

const namespaceAt = objectOf<SpecNamespace>(
  'a namespace',
  { type: nameOf(NAMESPACE_TYPES, 'a type of namespace'), path: textAt },
  ['type'],
)

/** Reads the rows of an id map. */
export const idMappingsAt = listOf(
  objectOf<SpecIdMapping>('an id mapping', { containerID: integerAt, hostID: integerAt, size: integerAt }, [
    'containerID',
    'hostID',
    'size',
  ]),
)

const timeOffsetAt = objectOf<SpecTimeOffset>('an offset', { secs: int64At, nanosecs: integerAt })

/** A map in the specification, so that another key is another clock, and no later field to pass over. */
const timeOffsetsAt: Reader<NonNullable<SpecLinux['timeOffsets']>> = (value, at) =>
  mapAt(value, at, 'offsets by clock', (clock, offset, field) => {
    if (clock !== 'monotonic' && clock !== 'boottime')
      refuseField(field, 'a time namespace shifts the clocks "monotonic" and "boottime", and no other')
    return timeOffsetAt(offset ?? {}, field)
  })

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
  swappiness: int64At,
  disableOOMKiller: booleanAt,
  useHierarchy: booleanAt,
  checkBeforeUpdate: booleanAt,
})

const cpuAt = objectOf<SpecCpu>('a set of cpu limits', {
  shares: integerAt,
  quota: integerAt,
  period: integerAt,
  realtimeRuntime: integerAt,
  realtimePeriod: integerAt,
  cpus: textAt,
  mems: textAt,
  burst: integerAt,
  idle: integerFrom(0, 1),
})

const weightDeviceAt = objectOf<SpecWeightDevice>(
  'a weight of a device',
  { major: integerAt, minor: integerAt, weight: integerAt, leafWeight: integerAt },
  ['major', 'minor'],
)

const throttleDevicesAt = listOf(
  objectOf<SpecThrottleDevice>('a rate of a device', { major: integerAt, minor: integerAt, rate: int64At }, [
    'major',
    'minor',
    'rate',
  ]),
)

const blockIoAt = objectOf<SpecBlockIo>('a set of limits of block devices', {
  weight: integerAt,
  leafWeight: integerAt,
  weightDevice: listOf(weightDeviceAt),
  throttleReadBpsDevice: throttleDevicesAt,
  throttleWriteBpsDevice: throttleDevicesAt,
  throttleReadIOPSDevice: throttleDevicesAt,
  throttleWriteIOPSDevice: throttleDevicesAt,
})

const networkClassesAt = objectOf<SpecNetworkClasses>('a set of network classes', {
  classID: integerAt,
  priorities: listOf(
    objectOf<{ readonly name: string; readonly priority: number }>(
      'a network priority',
      { name: textAt, priority: integerAt },
      ['name', 'priority'],
    ),
  ),
})

const rdmaAt = objectOf<SpecRdma>('a limit of RDMA', { hcaHandles: integerAt, hcaObjects: integerAt })

const hugepageLimitAt = objectOf<SpecHugepageLimit>(
  'a limit of huge pages',
  { pageSize: textAt, limit: int64At },
  ['pageSize', 'limit'],
)

// runc reads names in upper and lower case alike, and of this one there are configurations that rely on it.
function withPageSize(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, 'pagesize')) return value
  return { pageSize: (value as { readonly pagesize: unknown }).pagesize, ...value }
}

/** Reads resources. */
export const resourcesAt = objectOf<SpecResources>('a set of resources', {
  devices: listOf(deviceRuleAt),
  memory: memoryAt,
  cpu: cpuAt,
  pids: objectOf<{ readonly limit?: number | bigint }>('a limit of processes', { limit: int64At }),
  blockIO: blockIoAt,
  hugepageLimits: listOf((value, at) => hugepageLimitAt(withPageSize(value), at)),
  network: networkClassesAt,
  rdma: (value, at) => mapAt(value, at, 'limits by device', (_, limit, field) => rdmaAt(limit, field)),
  unified: (value, at) => mapAt(value, at, 'texts by file', (_, text, field) => textAt(text, field)),
})

const intelRdtAt = objectOf<SpecIntelRdt>('a class of service', {
  closID: textAt,
  schemata: textsAt,
  l3CacheSchema: textAt,
  memBwSchema: textAt,
  enableMonitoring: booleanAt,
  enableCMT: booleanAt,
  enableMBM: booleanAt,
})

const netDeviceAt = objectOf<SpecNetDevice>('a network device', { name: textAt })

/** Reads the "linux" part of a specification. */
export const linuxAt: Reader<SpecLinux> = objectOf<SpecLinux>('a linux configuration', {
  namespaces: listOf(namespaceAt),
  uidMappings: idMappingsAt,
  gidMappings: idMappingsAt,
  timeOffsets: timeOffsetsAt,
  devices: listOf(deviceAt),
  cgroupsPath: textAt,
  resources: resourcesAt,
  rootfsPropagation: textAt,
  maskedPaths: textsAt,
  readonlyPaths: textsAt,
  sysctl: normalizeSysctl,
  mountLabel: textAt,
  seccomp: seccompAt,
  personality: personalityAt,
  memoryPolicy: memoryPolicyAt,
  netDevices: (value, at) =>
    mapAt(value, at, 'network devices by name', (_, device, field) => netDeviceAt(device ?? {}, field)),
  intelRdt: intelRdtAt,
})
