// Owns the way back from a field of our configuration to the field of config.json that it came from, so that an error
// speaks of what its reader wrote. Fields of config.json itself stay as they are.

import { LibcontainerError } from '../errors.ts'

/** Where parts of ours come from. In this order; the first that fits. */
const PLACES: readonly (readonly [ours: RegExp, spec: string])[] = [
  [/^rootfs$/, 'root.path'],
  [/^readonlyRootfs$/, 'root.readonly'],
  [/^labels\b/, 'annotations'],
  [/^(mounts\[\d+\])\.(?:attributes|recursiveAttributes|propagation|data|copyUp)\b.*$/, '$1.options'],
  [/^(mounts\[\d+\])\.idMap$/, '$1.options'],
  [/^(mounts\[\d+\])\.idMap\./, '$1.'],
  [/^networks\b.*$/, 'linux.netDevices'],
  [/^personality$/, 'linux.personality.domain'],
  // Rules have another order in ours than in config.json.
  [/^(seccomp\.syscalls)\b.*$/, 'linux.$1'],
  [
    /^(namespaces|uidMappings|gidMappings|timeOffsets|devices|netDevices|maskedPaths|readonlyPaths|sysctl|rootfsPropagation|seccomp|memoryPolicy|mountLabel|intelRdt)\b/,
    'linux.$1',
  ],
  [/^(?:process\.)?additionalGroups\b/, 'process.user.additionalGids'],
  [/^(?:execCpuAffinity|process\.cpuAffinity)\b/, 'process.execCPUAffinity'],
  [/^process\.umask$/, 'process.user.umask'],
  [
    /^(capabilities|noNewPrivileges|rlimits|scheduler|ioPriority|apparmorProfile|selinuxLabel)\b/,
    'process.$1',
  ],
  [/^cgroup\.path$/, 'linux.cgroupsPath'],
  [/^cgroup\.cpuset\b/, 'linux.resources.cpu'],
  [/^cgroup\.blkio\.devices\b.*$/, 'linux.resources.blockIO'],
  [/^cgroup\.blkio\b/, 'linux.resources.blockIO'],
  [/^cgroup\.hugetlb\b/, 'linux.resources.hugepageLimits'],
  [/^cgroup\.netCls\b/, 'linux.resources.network'],
  [/^cgroup\.netPrio\b/, 'linux.resources.network'],
  [/^cgroup\.devices\b.*$/, 'linux.resources.devices'],
  [/^cgroup\.rdma\b.*$/, 'linux.resources.rdma'],
  [/^cgroup\b/, 'linux.resources'],
]

/** Keys that have another name in config.json, at the end of a field. */
const KEYS: Readonly<Record<string, string>> = Object.freeze({
  containerId: 'containerID',
  hostId: 'hostID',
  seconds: 'secs',
  nanoseconds: 'nanosecs',
  runtimeNanos: 'runtime',
  deadlineNanos: 'deadline',
  periodNanos: 'period',
  defaultErrno: 'defaultErrnoRet',
  limitBytes: 'limit',
  reservedBytes: 'limit',
  swapBytes: 'swap',
  reservationBytes: 'reservation',
  oomKillDisable: 'disableOOMKiller',
  kernelTcpBytes: 'kernelTCP',
  quotaMicros: 'quota',
  periodMicros: 'period',
  burstMicros: 'burst',
  realtimeRuntimeMicros: 'realtimeRuntime',
  realtimePeriodMicros: 'realtimePeriod',
  classId: 'classID',
  closId: 'closID',
})

/** The field of config.json behind a field of a configuration that convertSpec made, as near as there is one. */
function specField(field: string): string {
  const place = PLACES.find(([ours]) => ours.test(field))
  const placed = place === undefined ? field : field.replace(place[0], place[1])
  return placed.replace(/\.(\w+)$/, (whole, key) => (Object.hasOwn(KEYS, key) ? `.${KEYS[key]}` : whole))
}

/** The error with the field of config.json in place of ours: for configurations and processes that were converted. */
export function inSpecTerms(error: LibcontainerError): LibcontainerError {
  const { field } = error
  if (field === undefined) return error
  const spec = specField(field)
  if (spec === field) return error
  const { code, reason, object, hint, step, errno, syscall, cause } = error
  const known = Object.entries({ object, hint, step, errno, syscall, cause }).filter(
    ([, fact]) => fact !== undefined,
  )
  const action = error.action.endsWith(field) ? error.action.slice(0, -field.length) + spec : error.action
  const mapped = new LibcontainerError({ code, action, reason, field: spec, ...Object.fromEntries(known) })
  if (error.stack !== undefined) mapped.stack = error.stack
  return mapped
}
