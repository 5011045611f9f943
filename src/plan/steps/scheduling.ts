// Owns how the process is scheduled: CPUs, policy, I/O priority, memory policy, personality. All are its own, and pass
// to what it starts.

import type { ValidConfig, ValidProcess } from '../../config/container-config.ts'
import type {
  CpuAffinity,
  IoPriority,
  MemoryPolicy,
  Personality,
  Scheduler,
} from '../../config/scheduling.ts'
import { chooseOverride } from '../override.ts'
import type { Planner } from '../planner.ts'

/** include/uapi/linux/sched.h */
const POLICIES = { OTHER: 0, FIFO: 1, RR: 2, BATCH: 3, IDLE: 5, DEADLINE: 6 } as const
const SCHEDULER_FLAGS = {
  RESET_ON_FORK: 0x01,
  RECLAIM: 0x02,
  DL_OVERRUN: 0x04,
  KEEP_POLICY: 0x08,
  KEEP_PARAMS: 0x10,
  UTIL_CLAMP_MIN: 0x20,
  UTIL_CLAMP_MAX: 0x40,
} as const
/** include/uapi/linux/mempolicy.h */
const MODES = {
  DEFAULT: 0,
  PREFERRED: 1,
  BIND: 2,
  INTERLEAVE: 3,
  LOCAL: 4,
  PREFERRED_MANY: 5,
  WEIGHTED_INTERLEAVE: 6,
} as const
const MEMORY_FLAGS = { NUMA_BALANCING: 1 << 13, RELATIVE_NODES: 1 << 14, STATIC_NODES: 1 << 15 } as const
/** include/uapi/linux/ioprio.h */
const IO_CLASSES = { RT: 1, BE: 2, IDLE: 3 } as const
const IOPRIO_CLASS_SHIFT = 13
const IOPRIO_WHO_PROCESS = 1
/** include/uapi/linux/personality.h */
const PERSONALITIES = { LINUX: 0, LINUX32: 8 } as const

/** sizeof(struct sched_attr) without and with the clamps of utilization. */
const SCHED_ATTR_SIZE = 48
const SCHED_ATTR_CLAMPS_SIZE = 56

export function planScheduling(p: Planner, process: ValidProcess, config: ValidConfig): void {
  const scheduler = chooseOverride('scheduler', process, config)
  const ioPriority = chooseOverride('ioPriority', process, config)
  if (scheduler.value !== undefined)
    planScheduler(p, scheduler.value, scheduler.field, config.cgroup?.cpuset?.cpus !== undefined)
  if (ioPriority.value !== undefined) planIoPriority(p, ioPriority.value, ioPriority.field)
  if (config.personality !== undefined) planPersonality(p, config.personality)
  if (config.memoryPolicy !== undefined) planMemoryPolicy(p, config.memoryPolicy)
}

function planScheduler(p: Planner, scheduler: Scheduler, field: string, hasOwnCpus: boolean): void {
  p.step({
    name: 'set the scheduling policy',
    object: `SCHED_${scheduler.policy}`,
    reason: 'asked for',
    field,
    hints: {
      EPERM: hasOwnCpus
        ? "process scheduler can't be used together with AllowedCPUs: a deadline needs every CPU of the machine"
        : 'needs CAP_SYS_NICE on the host, and on cgroup v1 a realtime runtime of the cgroup',
      EBUSY: 'the machine has not that much time left to promise',
      EINVAL: 'the kernel does not take these parameters together',
      EOPNOTSUPP: 'the kernel was built without utilization clamping',
    },
  })
  p.call('sched_setattr', [0, { bytes: schedAttr(scheduler) }, 0])
}

/** struct sched_attr (include/uapi/linux/sched/types.h). */
function schedAttr({ policy, nice = 0, priority = 0, flags = [], ...deadline }: Scheduler): Uint8Array {
  const bits = flags.reduce((sum, flag) => sum | SCHEDULER_FLAGS[flag], 0)
  const clamps = SCHEDULER_FLAGS.UTIL_CLAMP_MIN | SCHEDULER_FLAGS.UTIL_CLAMP_MAX
  const size = (bits & clamps) === 0 ? SCHED_ATTR_SIZE : SCHED_ATTR_CLAMPS_SIZE
  const attr = new DataView(new ArrayBuffer(size))
  attr.setUint32(0, size, true)
  attr.setUint32(4, POLICIES[policy], true)
  attr.setBigUint64(8, BigInt(bits), true)
  attr.setInt32(16, nice, true)
  attr.setUint32(20, priority, true)
  attr.setBigUint64(24, deadline.runtimeNanos ?? 0n, true)
  attr.setBigUint64(32, deadline.deadlineNanos ?? 0n, true)
  attr.setBigUint64(40, deadline.periodNanos ?? 0n, true)
  return new Uint8Array(attr.buffer)
}

function planIoPriority(p: Planner, { class: name, priority = 0 }: IoPriority, field: string): void {
  p.step({
    name: 'set the I/O priority',
    object: `IOPRIO_CLASS_${name} ${priority}`,
    reason: 'asked for',
    field,
    hints: { EPERM: 'needs CAP_SYS_NICE on the host' },
  })
  p.call('ioprio_set', [IOPRIO_WHO_PROCESS, 0, (IO_CLASSES[name] << IOPRIO_CLASS_SHIFT) | priority])
}

function planPersonality(p: Planner, domain: Personality): void {
  p.step({
    name: 'set the personality',
    object: `PER_${domain}`,
    reason: 'asked for',
    field: 'personality',
  })
  p.call('personality', [PERSONALITIES[domain]])
}

function planMemoryPolicy(p: Planner, { mode, nodes, flags = [] }: MemoryPolicy): void {
  p.step({
    name: 'set the memory policy',
    object: `MPOL_${mode}`,
    reason: 'asked for',
    field: 'memoryPolicy',
    hints: {
      EINVAL: 'the machine has not these nodes, or the mode and the flags do not go together',
      ENOSYS: 'the kernel was built without NUMA',
    },
  })
  const bits = flags.reduce((sum, flag) => sum | MEMORY_FLAGS[flag], MODES[mode] as number)
  const mask = nodes === undefined ? null : numberMask(nodes)
  // The kernel takes one bit off the number that it is told.
  if (mask === null) p.call('set_mempolicy', [bits, 0, 0])
  else p.call('set_mempolicy', [bits, { bytes: mask }, mask.length * 8 + 1])
}

/** What is set while init is where its parent was, before it joins its cgroup. */
export function planInitialAffinity(
  p: Planner,
  affinity: CpuAffinity | undefined,
  field: string,
  bornInside: boolean,
): void {
  if (affinity?.initial === undefined) return
  p.step({ name: 'choose CPUs', object: affinity.initial, reason: 'until the cgroup is joined', field })
  // Born in its cgroup (v2), init may have none of them: then there is no "before".
  const on = bornInside ? ({ errno: 'EINVAL', skip: 0 } as const) : undefined
  const mask = numberMask(affinity.initial)
  p.call('sched_setaffinity', [0, mask.length, { bytes: mask }], on)
}

/** More CPUs than Linux is built for on our machines (CONFIG_NR_CPUS). */
const MAX_CPUS = 8192

/** In its cgroup, init is no longer held to the CPUs of its maker: the cpuset decides. */
export function planFinalAffinity(
  p: Planner,
  affinity: CpuAffinity | undefined,
  field: string,
  hasCgroup: boolean,
): void {
  if (affinity?.final !== undefined) {
    const hints = { EINVAL: 'the cpuset of the cgroup has none of them, or the machine' }
    p.step({ name: 'choose CPUs', object: affinity.final, reason: 'asked for', field, hints })
    const mask = numberMask(affinity.final)
    p.call('sched_setaffinity', [0, mask.length, { bytes: mask }])
  } else if (hasCgroup) {
    p.step({
      name: 'choose CPUs',
      reason: 'all that the cpuset has: the affinity of the caller is not meant for the container',
      field: 'cgroup',
    })
    const all = new Uint8Array(MAX_CPUS / 8).fill(0xff)
    p.call('sched_setaffinity', [0, all.length, { bytes: all }], { ignore: true })
  }
}

/** A bit for each number of a list such as `0-3,5`, in whole 64-bit words. */
function numberMask(list: string): Uint8Array {
  const ranges = list.split(',').map((range) => range.split('-').map(Number))
  const last = Math.max(...ranges.flat())
  const mask = new Uint8Array(((last >> 6) + 1) * 8)
  for (const [from = 0, to = from] of ranges) {
    for (let number = from; number <= to; number++)
      mask[number >> 3] = (mask[number >> 3] ?? 0) | (1 << (number & 7))
  }
  return mask
}
