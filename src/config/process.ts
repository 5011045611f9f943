// Owns the types of a process to start: what it runs, as whom, with what rights and limits. Types only.

import type { Capability, CapabilityName } from './capability.ts'
import type { CpuAffinity, IoPriority, Scheduler } from './scheduling.ts'

/** The five sets of capabilities(7). A set that is absent is empty. */
export interface CapabilitySets {
  readonly bounding?: readonly Capability[]
  readonly effective?: readonly Capability[]
  readonly permitted?: readonly Capability[]
  readonly inheritable?: readonly Capability[]
  readonly ambient?: readonly Capability[]
}

/** The five sets in full: no set is absent, no name has the prefix, and each is in its list once. */
export type FullCapabilitySets = { readonly [S in keyof CapabilitySets]-?: readonly CapabilityName[] }

export type RlimitType =
  | 'AS'
  | 'CORE'
  | 'CPU'
  | 'DATA'
  | 'FSIZE'
  | 'LOCKS'
  | 'MEMLOCK'
  | 'MSGQUEUE'
  | 'NICE'
  | 'NOFILE'
  | 'NPROC'
  | 'RSS'
  | 'RTPRIO'
  | 'RTTIME'
  | 'SIGPENDING'
  | 'STACK'

/** A resource limit (getrlimit(2)). */
export interface Rlimit {
  readonly type: RlimitType
  /** At most `hard`; -1n or 2^64-1 for no limit. */
  readonly soft: bigint | number
  readonly hard: bigint | number
}

/** A limit as the kernel has it: no limit is 2^64-1 (RLIM_INFINITY). */
export interface ExactRlimit {
  readonly type: RlimitType
  readonly soft: bigint
  readonly hard: bigint
}

/** The size of a terminal's window, in characters; 0 for not known. */
export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** How a terminal begins. */
export interface TerminalOptions extends TerminalSize {
  /**
   * Whether a line feed is shown as carriage return and line feed (ONLCR of termios(3)). A caller clears it who shows
   * what comes on a terminal of its own, which does so itself. @default true
   */
  readonly onlcr: boolean
}

export interface ProcessSpec {
  /** The command line. `args[0]` is looked up in the PATH of `env` when it has no slash. */
  readonly args: readonly [string, ...string[]] | readonly string[]
  /** `KEY=VALUE`, later ones win. HOME is added from the container's /etc/passwd. @default [] */
  readonly env?: readonly string[]
  /** `""`, `user`, `uid`, `user:group` and the like, looked up in the container's own files. @default '' (0:0) */
  readonly user?: string
  /** More groups of the process, by name or number. @default the configuration's `additionalGroups` */
  readonly additionalGroups?: readonly (string | number)[]
  /** The working directory in the container; absolute. It is made where it is missing. @default '/' */
  readonly cwd?: string
  /**
   * In place of the configuration's. A list sets bounding, effective and permitted. The command is executed with them:
   * without `DAC_OVERRIDE` root too needs the right to enter its directories and to execute it.
   */
  readonly capabilities?: readonly Capability[] | CapabilitySets
  /** In place of the configuration's. */
  readonly rlimits?: readonly Rlimit[]
  /** In place of the configuration's. */
  readonly noNewPrivileges?: boolean
  /** In place of the configuration's. */
  readonly scheduler?: Scheduler
  /** In place of the configuration's. */
  readonly ioPriority?: IoPriority
  /** In place of the configuration's `execCpuAffinity`, and for a first process too. */
  readonly cpuAffinity?: CpuAffinity
  /** In place of the configuration's. */
  readonly apparmorProfile?: string
  /** In place of the configuration's. */
  readonly selinuxLabel?: string
  /** -1000 to 1000: `/proc/self/oom_score_adj`. @default as inherited */
  readonly oomScoreAdj?: number
  /** File creation mask, 0 to 0o777. @default 0o022 */
  readonly umask?: number
  /**
   * A terminal of the container's own in place of the three standard streams: the process leads a session that it
   * controls, and the container's first process also has it as /dev/console. It takes a mount namespace with devpts
   * on /dev/pts. `true` is a window of 80 columns and 24 rows. @default false
   */
  readonly terminal?: boolean | Partial<TerminalOptions>
}
