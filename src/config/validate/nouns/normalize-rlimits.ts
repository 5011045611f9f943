// Owns the check of resource limits; both ways to say "no limit" become the kernel's own.

import type { ExactRlimit, RlimitType } from '../../process.ts'
import { listAt, refuseDuplicates } from '../values/list-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { nameOf } from '../values/scalar-at.ts'

export const RLIMIT_TYPES = [
  'AS',
  'CORE',
  'CPU',
  'DATA',
  'FSIZE',
  'LOCKS',
  'MEMLOCK',
  'MSGQUEUE',
  'NICE',
  'NOFILE',
  'NPROC',
  'RSS',
  'RTPRIO',
  'RTTIME',
  'SIGPENDING',
  'STACK',
] as const satisfies readonly RlimitType[]

/** 2^64-1 (include/uapi/asm-generic/resource.h). */
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn

const RLIMIT: Shape<ExactRlimit> = {
  what: 'a resource limit',
  readers: { type: nameOf(RLIMIT_TYPES, 'a resource of getrlimit(2)'), soft: limitAt, hard: limitAt },
  required: ['type', 'soft', 'hard'],
}

export function normalizeRlimits(value: unknown, at: string): readonly ExactRlimit[] {
  const rlimits = listAt(value, at, normalizeRlimit)
  refuseDuplicates(rlimits, at, 'type')
  return rlimits
}

function normalizeRlimit(value: unknown, at: string): ExactRlimit {
  const rlimit = recordAt(value, at, RLIMIT)
  if (rlimit.soft > rlimit.hard) {
    refuseField(
      `${at}.soft`,
      `${describeLimit(rlimit.soft)} is above the hard limit, ${describeLimit(rlimit.hard)}`,
    )
  }
  return rlimit
}

function describeLimit(limit: bigint): string {
  return limit === RLIM_INFINITY ? 'no limit' : String(limit)
}

function limitAt(value: unknown, at: string): bigint {
  const limit: unknown = Number.isSafeInteger(value) ? BigInt(value as number) : value
  if (typeof limit !== 'bigint' || limit < -1n || limit > RLIM_INFINITY) {
    refuseValue(at, 'an integer from 0 to 2^64-1, or -1n for no limit', value)
  }
  return limit === -1n ? RLIM_INFINITY : limit
}
