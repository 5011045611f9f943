// Owns turning device rules into what the v1 controller can hold: a default and a list of exceptions to it
// (security/device_cgroup.c). Pure.
//
// The kernel asks its list in one of two ways. Where the default is to refuse, one exception alone must cover the
// whole access; where the default is to allow, any exception that touches the access refuses it. An exception for
// every device that differs from the default, each with everything that holds for it, is right in both.

import { ACCESS, ACCESS_ALL, allowedAccess, type DeviceType, type NormalRule } from './normal-rule.ts'

export interface DeviceLists {
  /** What is done with a device that no exception names. */
  readonly base: 'allow' | 'deny'
  /** Lines for devices.allow when `base` is to deny, for devices.deny when it is to allow. */
  readonly exceptions: readonly string[]
}

const TYPES: readonly DeviceType[] = ['c', 'b']

/**
 * The lists with exactly the meaning of the rules; null when v1 has none (`every device but this one of these`). What
 * is allowed everything is so by its default, not by exceptions: only then may a cgroup below it be so, too.
 */
export function planDeviceLists(rules: readonly NormalRule[]): DeviceLists | null {
  const isOpen = TYPES.every((type) => allowedAccess(rules, type, null, null) === ACCESS_ALL)
  for (const base of isOpen ? (['allow', 'deny'] as const) : (['deny', 'allow'] as const)) {
    const exceptions: string[] = []
    if (TYPES.every((type) => listExceptions(rules, base, type, exceptions))) return { base, exceptions }
  }
  return null
}

// Adds the exceptions for a type. Returns false when an exception for many devices would be wrong for some of them.
function listExceptions(
  rules: readonly NormalRule[],
  base: 'allow' | 'deny',
  type: DeviceType,
  exceptions: string[],
): boolean {
  const relevant = rules.filter((rule) => rule.type === null || rule.type === type)
  const differs = (major: number | null, minor: number | null) => {
    const allowed = allowedAccess(relevant, type, major, minor)
    return base === 'deny' ? allowed : ACCESS_ALL & ~allowed
  }
  const add = (major: number | null, minor: number | null, access: number, known: number) => {
    if ((access & ~known) !== 0) exceptions.push(encodeException(type, major, minor, access))
  }
  // Numbers that no rule names are all alike: null stands for them, and for the wildcard that reaches them.
  const anywhere = differs(null, null)
  add(null, null, anywhere, 0)
  const anyMajor = new Map<number, number>()
  for (const minor of numbers(relevant, (rule) => (rule.major === null ? rule.minor : null))) {
    const access = differs(null, minor)
    if ((anywhere & ~access) !== 0) return false
    anyMajor.set(minor, access)
    add(null, minor, access, anywhere)
  }
  for (const major of numbers(relevant, (rule) => rule.major)) {
    const anyMinor = differs(major, null)
    if ((anywhere & ~anyMinor) !== 0) return false
    add(major, null, anyMinor, anywhere)
    const minors = numbers(relevant, (rule) =>
      rule.major === null || rule.major === major ? rule.minor : null,
    )
    for (const minor of minors) {
      const access = differs(major, minor)
      const fromAbove = anyMinor | (anyMajor.get(minor) ?? 0)
      if ((fromAbove & ~access) !== 0) return false
      // Two exceptions that cover it only together do not count as one.
      const isCovered = access === anyMinor || access === anyMajor.get(minor)
      add(major, minor, access, isCovered ? access : 0)
    }
  }
  return true
}

function numbers(
  rules: readonly NormalRule[],
  pick: (rule: NormalRule) => number | null,
): ReadonlySet<number> {
  const found = new Set<number>()
  for (const rule of rules) {
    const number = pick(rule)
    if (number !== null) found.add(number)
  }
  return found
}

function encodeException(
  type: DeviceType,
  major: number | null,
  minor: number | null,
  access: number,
): string {
  let letters = ''
  for (const letter of ['r', 'w', 'm'] as const) if ((access & ACCESS[letter]) !== 0) letters += letter
  return `${type} ${major ?? '*'}:${minor ?? '*'} ${letters}`
}
