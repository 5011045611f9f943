// Owns the check of a cgroup's place; its limits are checked by normalize-limits.ts.

import type { CgroupConfig } from '../../cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../defaults.ts'
import { quoteText } from '../values/describe-value.ts'
import { cleanPath } from '../values/path-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField } from '../values/refuse.ts'
import { filledTextAt } from '../values/scalar-at.ts'
import { normalizeDeviceRules } from './normalize-devices.ts'
import { normalizeCpu, normalizeCpuset, normalizeMemory, normalizePids } from './normalize-limits.ts'

const CGROUP: Shape<CgroupConfig> = {
  what: 'a cgroup',
  readers: {
    path: cgroupPathAt,
    memory: normalizeMemory,
    cpu: normalizeCpu,
    cpuset: normalizeCpuset,
    pids: normalizePids,
    devices: normalizeDeviceRules,
  },
  required: ['path'],
}

export function normalizeCgroup(value: unknown, at: string): CgroupConfig {
  return Object.freeze({ devices: DEFAULT_DEVICE_RULES, ...recordAt(value, at, CGROUP) })
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
