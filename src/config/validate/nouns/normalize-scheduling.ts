// Owns the check of how a process is scheduled: names and ranges as the kernel has them, and what does not go together.
// What the kernel grants (bandwidth, CPUs that are there) it says itself.

import type { CpuAffinity, IoPriority, MemoryPolicy, Personality, Scheduler } from '../../scheduling.ts'
import { listAt } from '../values/list-at.ts'
import { countNumbers, numberListAt } from '../values/number-list-at.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { bigintFrom, integerFrom, nameOf } from '../values/scalar-at.ts'

export const SCHEDULER_POLICIES = [
  'OTHER',
  'BATCH',
  'IDLE',
  'FIFO',
  'RR',
  'DEADLINE',
] as const satisfies readonly Scheduler['policy'][]

export const SCHEDULER_FLAGS = [
  'RESET_ON_FORK',
  'RECLAIM',
  'DL_OVERRUN',
  'KEEP_POLICY',
  'KEEP_PARAMS',
  'UTIL_CLAMP_MIN',
  'UTIL_CLAMP_MAX',
] as const satisfies Scheduler['flags']

/** The kernel keeps the highest bit for itself (kernel/sched/deadline.c, __checkparam_dl). */
const nanosAt = bigintFrom(0n, 2n ** 63n - 1n)
const schedulerFlagAt = nameOf(SCHEDULER_FLAGS, 'a flag of sched_setattr(2)')

const SCHEDULER: Shape<Scheduler> = {
  what: 'a way of scheduling',
  readers: {
    policy: nameOf(SCHEDULER_POLICIES, 'a policy of sched(7)'),
    nice: integerFrom(-20, 19),
    priority: integerFrom(0, 99),
    runtimeNanos: nanosAt,
    deadlineNanos: nanosAt,
    periodNanos: nanosAt,
    flags: (value, at) => listAt(value, at, schedulerFlagAt),
  },
  required: ['policy'],
}

/** The keys that only some policies have. */
const OWNERS = [
  ['nice', ['OTHER', 'BATCH']],
  ['priority', ['FIFO', 'RR']],
  ['runtimeNanos', ['DEADLINE']],
  ['deadlineNanos', ['DEADLINE']],
  ['periodNanos', ['DEADLINE']],
] as const satisfies readonly (readonly [keyof Scheduler, readonly Scheduler['policy'][]])[]

export function normalizeScheduler(value: unknown, at: string): Scheduler {
  const scheduler = recordAt(value, at, SCHEDULER)
  const { policy } = scheduler
  for (const [key, policies] of OWNERS) {
    const isOurs = (policies as readonly string[]).includes(policy)
    if (!isOurs && scheduler[key]) refuseField(`${at}.${key}`, `the policy ${policy} has none`)
  }
  if ((policy === 'FIFO' || policy === 'RR') && !scheduler.priority)
    refuseValue(`${at}.priority`, `for ${policy} an integer from 1 to 99`, scheduler.priority)
  return scheduler
}

export const IO_CLASSES = ['RT', 'BE', 'IDLE'] as const satisfies readonly IoPriority['class'][]

const IO_PRIORITY: Shape<IoPriority> = {
  what: 'an I/O priority',
  readers: { class: nameOf(IO_CLASSES, 'a class of ioprio_set(2)'), priority: integerFrom(0, 7) },
  required: ['class'],
}

export const normalizeIoPriority: Reader<IoPriority> = (value, at) => recordAt(value, at, IO_PRIORITY)

const CPU_AFFINITY: Shape<CpuAffinity> = {
  what: 'a CPU affinity',
  readers: { initial: numberListAt, final: numberListAt },
  required: [],
}

export const normalizeCpuAffinity: Reader<CpuAffinity> = (value, at) => recordAt(value, at, CPU_AFFINITY)

export const MEMORY_POLICY_MODES = [
  'DEFAULT',
  'BIND',
  'INTERLEAVE',
  'WEIGHTED_INTERLEAVE',
  'PREFERRED',
  'PREFERRED_MANY',
  'LOCAL',
] as const satisfies readonly MemoryPolicy['mode'][]

export const MEMORY_POLICY_FLAGS = [
  'NUMA_BALANCING',
  'RELATIVE_NODES',
  'STATIC_NODES',
] as const satisfies MemoryPolicy['flags']

const memoryPolicyFlagAt = nameOf(MEMORY_POLICY_FLAGS, 'a flag of set_mempolicy(2)')

const MEMORY_POLICY: Shape<MemoryPolicy> = {
  what: 'a memory policy',
  readers: {
    mode: nameOf(MEMORY_POLICY_MODES, 'a mode of set_mempolicy(2)'),
    nodes: numberListAt,
    flags: (value, at) => listAt(value, at, memoryPolicyFlagAt),
  },
  required: ['mode'],
}

/** Where the kernel would only say EINVAL. `PREFERRED` without nodes is `LOCAL`. */
export function normalizeMemoryPolicy(value: unknown, at: string): MemoryPolicy {
  const policy = recordAt(value, at, MEMORY_POLICY)
  const { mode, nodes } = policy
  const takesNodes = mode !== 'DEFAULT' && mode !== 'LOCAL'
  if (!takesNodes && nodes !== undefined)
    refuseField(`${at}.nodes`, `the ${mode} mode requires 0 nodes but got ${countNumbers(nodes)}`)
  if (takesNodes && mode !== 'PREFERRED' && nodes === undefined)
    refuseField(`${at}.nodes`, `the mode ${mode} needs nodes`)
  return policy
}

export const PERSONALITIES = ['LINUX', 'LINUX32'] as const satisfies readonly Personality[]

export const personalityAt = nameOf(PERSONALITIES, 'an execution domain')
