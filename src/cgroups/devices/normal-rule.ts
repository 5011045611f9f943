// Owns the form of device rules that the compilers work on, and what a list of them means: bit by bit, the last rule
// that names the device and the access decides; what no rule names is refused. Pure.

import type { DeviceRule } from '../../config/device.ts'

/** BPF_DEVCG_ACC_* of include/uapi/linux/bpf.h; the v1 controller has the same numbers. */
export const ACCESS = { m: 1, r: 2, w: 4 } as const
export const ACCESS_ALL = 7

export type DeviceType = 'b' | 'c'

export interface NormalRule {
  readonly allow: boolean
  /** null: both. */
  readonly type: DeviceType | null
  /** null: every number. */
  readonly major: number | null
  readonly minor: number | null
  /** Bits of ACCESS, at least one. */
  readonly access: number
}

/** A rule in full. With type `a` its numbers and its access say nothing (devices.rst). */
export function normalizeRule(rule: DeviceRule): NormalRule {
  if (rule.type === undefined || rule.type === 'a') {
    return { allow: rule.allow, type: null, major: null, minor: null, access: ACCESS_ALL }
  }
  let access = 0
  for (const letter of rule.access ?? 'rwm') access |= ACCESS[letter as keyof typeof ACCESS] ?? 0
  return { allow: rule.allow, type: rule.type, major: rule.major ?? null, minor: rule.minor ?? null, access }
}

/** Whether a rule decides about every access to every device. */
export function isTotalRule(rule: NormalRule): boolean {
  return rule.type === null && rule.major === null && rule.minor === null && rule.access === ACCESS_ALL
}

/** Whether a rule is about a device; null stands for a number that no rule names. */
function isAbout(rule: NormalRule, type: DeviceType, major: number | null, minor: number | null): boolean {
  return (
    (rule.type === null || rule.type === type) &&
    (rule.major === null || rule.major === major) &&
    (rule.minor === null || rule.minor === minor)
  )
}

/** Which access the rules allow to a device. This is the meaning that the compilers are tested against. */
export function allowedAccess(
  rules: readonly NormalRule[],
  type: DeviceType,
  major: number | null,
  minor: number | null,
): number {
  let allowed = 0
  for (const rule of rules) {
    if (isAbout(rule, type, major, minor))
      allowed = rule.allow ? allowed | rule.access : allowed & ~rule.access
  }
  return allowed
}
