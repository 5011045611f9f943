// Owns how the scheduling of config.json is read: CPUs, policy, disks, memory, personality.

import type { CpuAffinity, IoPriority, MemoryPolicy } from '../config/scheduling.ts'
import {
  IO_CLASSES,
  MEMORY_POLICY_FLAGS,
  MEMORY_POLICY_MODES,
  PERSONALITIES,
  SCHEDULER_FLAGS,
  SCHEDULER_POLICIES,
} from '../config/validate/nouns/normalize-scheduling.ts'
import { int64At, integerAt, listOf, textsAt } from '../config/validate/values/json-values.ts'
import { numberListAt } from '../config/validate/values/number-list-at.ts'
import type { Reader } from '../config/validate/values/record-at.ts'
import { refuseField } from '../config/validate/values/refuse.ts'
import { textAt } from '../config/validate/values/scalar-at.ts'
import { isLibcontainerError } from '../errors.ts'
import type { SpecPersonality, SpecScheduler } from './runtime-spec.ts'
import { objectOf, prefixedName } from './spec-values.ts'

const policyAt = prefixedName('SCHED_', SCHEDULER_POLICIES, 'a policy of sched(7)')

export const schedulerAt = objectOf<SpecScheduler>(
  'a way of scheduling',
  {
    policy: (value, at) =>
      value === 'SCHED_ISO' ? refuseField(at, 'Linux has no SCHED_ISO') : policyAt(value, at),
    nice: integerAt,
    priority: integerAt,
    flags: listOf(prefixedName('SCHED_FLAG_', SCHEDULER_FLAGS, 'a flag of sched_setattr(2)')),
    runtime: int64At,
    deadline: int64At,
    period: int64At,
  },
  ['policy'],
)

export const ioPriorityAt = objectOf<IoPriority>(
  'an I/O priority',
  { class: prefixedName('IOPRIO_CLASS_', IO_CLASSES, 'a class of ioprio_set(2)'), priority: integerAt },
  ['class'],
)

export const cpuAffinityAt = objectOf<CpuAffinity>('a CPU affinity', { initial: textAt, final: textAt })

/** Says what is wrong in the words that runc has for it. */
function ofMemoryPolicy<T>(what: string, read: Reader<T>): Reader<T> {
  return (value, at) => {
    try {
      return read(value, at)
    } catch (error) {
      if (!isLibcontainerError(error)) throw error
      return refuseField(error.field ?? at, `invalid memory policy ${what}: ${error.reason}`)
    }
  }
}

export const memoryPolicyAt = objectOf<MemoryPolicy>(
  'a memory policy',
  {
    mode: ofMemoryPolicy('mode', prefixedName('MPOL_', MEMORY_POLICY_MODES, 'a mode of set_mempolicy(2)')),
    nodes: ofMemoryPolicy('node', (value, at) => (value === '' ? '' : numberListAt(value, at))),
    flags: listOf(
      ofMemoryPolicy('flag', prefixedName('MPOL_F_', MEMORY_POLICY_FLAGS, 'a flag of set_mempolicy(2)')),
    ),
  },
  ['mode'],
)

const noFlagsAt: Reader<readonly string[]> = (value, at) => {
  const flags = textsAt(value, at)
  return flags.length === 0 ? flags : refuseField(at, 'the specification knows no flags')
}

export const personalityAt = objectOf<SpecPersonality>(
  'a personality',
  { domain: prefixedName('', PERSONALITIES, 'an execution domain'), flags: noFlagsAt },
  ['domain'],
)
