// Owns resource limits: set by init as one of the last things, so that they do not limit the set-up itself.

import type { Rlimit, RlimitType } from '../../config/process.ts'
import type { HostFacts } from '../host-facts.ts'
import type { HostAction } from '../launch-plan.ts'
import type { Chosen } from '../override.ts'
import type { Planner } from '../planner.ts'

/** RLIMIT_* numbers (include/uapi/asm-generic/resource.h). */
export const RLIMITS: Readonly<Record<RlimitType, number>> = {
  CPU: 0,
  FSIZE: 1,
  DATA: 2,
  STACK: 3,
  CORE: 4,
  RSS: 5,
  NPROC: 6,
  NOFILE: 7,
  MEMLOCK: 8,
  AS: 9,
  LOCKS: 10,
  SIGPENDING: 11,
  MSGQUEUE: 12,
  NICE: 13,
  RTPRIO: 14,
  RTTIME: 15,
}

const RLIM_INFINITY = 0xffffffffffffffffn

/** RLIM_INFINITY may be written -1. */
function limitValue(value: bigint | number): bigint {
  return BigInt(value) < 0n ? RLIM_INFINITY : BigInt(value)
}

export function planRlimits(p: Planner, { value, field }: Chosen<readonly Rlimit[]>): void {
  value.forEach((rlimit, index) => {
    p.step({
      name: 'set resource limit',
      object: `RLIMIT_${rlimit.type}`,
      reason: 'asked for',
      field: `${field}[${index}]`,
      hints: { EPERM: 'raising a hard limit needs CAP_SYS_RESOURCE in the initial user namespace' },
    })
    const pair = new BigUint64Array([limitValue(rlimit.soft), limitValue(rlimit.hard)])
    p.call('prlimit64', [0, RLIMITS[rlimit.type], { bytes: new Uint8Array(pair.buffer) }, 0])
  })
}

/** In a user namespace init can't raise a hard limit: the parent does, before init lowers it to what was asked. */
export function planRaisedLimits(
  { value, field }: Chosen<readonly Rlimit[]>,
  facts: HostFacts,
): readonly HostAction[] {
  return value.flatMap((rlimit, index) => {
    const resource = RLIMITS[rlimit.type]
    const hard = limitValue(rlimit.hard)
    if (hard <= (facts.hardLimits[resource] ?? RLIM_INFINITY)) return []
    return [
      {
        when: 'after the clone' as const,
        name: 'raise resource limit',
        object: `RLIMIT_${rlimit.type}`,
        reason: 'a user namespace does not give the right to',
        field: `${field}[${index}].hard`,
        action: { kind: 'raise-rlimit' as const, resource, hard },
      },
    ]
  })
}
