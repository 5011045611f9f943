// Owns the check of a cgroup's place; its limits are checked by normalize-limits.ts and its neighbours.

import type { CgroupConfig, CgroupLimits } from '../../cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../defaults.ts'
import { quoteText } from '../values/describe-value.ts'
import { cleanPath } from '../values/path-at.ts'
import { ownRecordAt, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { filledTextAt } from '../values/scalar-at.ts'
import { normalizeDeviceRules } from './normalize-devices.ts'
import {
  normalizeBlkio,
  normalizeHugetlb,
  normalizeMisc,
  normalizeNetCls,
  normalizeNetPrio,
  normalizeRdma,
} from './normalize-io-limits.ts'
import {
  cpuAt,
  memoryAt,
  normalizeCpu,
  normalizeCpuset,
  normalizeMemory,
  normalizePids,
} from './normalize-limits.ts'
import { normalizeUnified } from './normalize-unified.ts'

/** What is added to a limit or takes its place: each is checked by itself. */
const LIMITS: Shape<CgroupLimits> = {
  what: 'a set of limits',
  readers: {
    memory: memoryAt,
    cpu: cpuAt,
    cpuset: normalizeCpuset,
    pids: normalizePids,
    blkio: normalizeBlkio,
    hugetlb: normalizeHugetlb,
    netCls: normalizeNetCls,
    netPrio: normalizeNetPrio,
    rdma: normalizeRdma,
    misc: normalizeMisc,
    devices: normalizeDeviceRules,
    unified: normalizeUnified,
  },
  required: [],
}

const CGROUP: Shape<CgroupConfig> = {
  what: 'a cgroup',
  readers: { ...LIMITS.readers, path: cgroupPathAt, memory: normalizeMemory, cpu: normalizeCpu },
  required: ['path'],
}

/** Reads limits that are to be merged into a cgroup's: what they say together is checked after that. */
export function limitsAt(value: unknown, at: string): CgroupLimits {
  return recordAt(value, at, LIMITS)
}

export function normalizeCgroup(value: unknown, at: string): CgroupConfig {
  const cgroup = ownRecordAt(value, at, CGROUP)
  return Object.freeze({ ...cgroup, devices: cgroup.devices ?? DEFAULT_DEVICE_RULES })
}

/** The path, cleaned. `..` is refused rather than resolved: it would leave the place that was delegated to us. */
function cgroupPathAt(value: unknown, at: string): string {
  const path = filledTextAt(value, at)
  if (path.split('/').includes('..')) refuseField(at, `${quoteText(path)} leads out with ".."`)
  const clean = cleanPath(path)
  if (clean === '' || clean === '/')
    refuseField(at, `${quoteText(path)} is the root, which cannot be limited`)
  // The kernel refuses it, because /proc/PID/cgroup has a line for each.
  if (clean.includes('\n')) refuseField(at, `${quoteText(path)} has a line break`)
  return clean
}
