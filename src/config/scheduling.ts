// Owns the types of how the kernel schedules a process: its time on the CPUs, on disks, and where its memory is. Types
// only.

/**
 * The policies of sched(7), and the flags of sched_setattr(2), without their prefixes. (SCHED_ISO has a number and was
 * never in Linux.)
 */
export type SchedulerPolicy = 'OTHER' | 'BATCH' | 'IDLE' | 'FIFO' | 'RR' | 'DEADLINE'
export type SchedulerFlag =
  | 'RESET_ON_FORK'
  | 'RECLAIM'
  | 'DL_OVERRUN'
  | 'KEEP_POLICY'
  | 'KEEP_PARAMS'
  | 'UTIL_CLAMP_MIN'
  | 'UTIL_CLAMP_MAX'

/** Scheduling of a process and of what it starts (sched_setattr(2)). */
export interface Scheduler {
  readonly policy: SchedulerPolicy
  /** -20 (most time) to 19; `OTHER` and `BATCH` only. @default 0 */
  readonly nice?: number
  /** 1 to 99 (first of all); `FIFO` and `RR` only, and needed there. */
  readonly priority?: number
  /** How long it may run in each period, in nanoseconds; `DEADLINE` only. */
  readonly runtimeNanos?: bigint
  /** By when, from the start of the period, in nanoseconds; `DEADLINE` only. */
  readonly deadlineNanos?: bigint
  /** In nanoseconds; `DEADLINE` only. @default the deadline */
  readonly periodNanos?: bigint
  /** @default [] */
  readonly flags?: readonly SchedulerFlag[]
}

/** What a process is given of a disk that it shares (ioprio_set(2)); schedulers such as BFQ look at it. */
export interface IoPriority {
  /** Realtime, best effort, idle. */
  readonly class: 'RT' | 'BE' | 'IDLE'
  /** 0 (highest) to 7; says nothing in the class `IDLE`. @default 0 */
  readonly priority?: number
}

/** The CPUs that a process runs on (sched_setaffinity(2)); lists such as `0-3,7`. */
export interface CpuAffinity {
  /** While it is set up, from before it joins its cgroup. @default as inherited */
  readonly initial?: string
  /** From then on. @default in a cgroup all that its cpuset has, else as before */
  readonly final?: string
}

/** Where the kernel takes memory from on machines with several nodes (set_mempolicy(2)); the names are without prefix. */
export interface MemoryPolicy {
  readonly mode:
    | 'DEFAULT'
    | 'BIND'
    | 'INTERLEAVE'
    | 'WEIGHTED_INTERLEAVE'
    | 'PREFERRED'
    | 'PREFERRED_MANY'
    | 'LOCAL'
  /** A list such as `0-3,7`; `DEFAULT` and `LOCAL` take none. @default none */
  readonly nodes?: string
  /** @default [] */
  readonly flags?: readonly ('NUMA_BALANCING' | 'RELATIVE_NODES' | 'STATIC_NODES')[]
}

/** The execution domain (personality(2)): in `LINUX32` uname(2) tells of a 32-bit machine. */
export type Personality = 'LINUX' | 'LINUX32'
