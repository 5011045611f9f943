// Owns the types of a seccomp profile: which system calls a container's processes may make, and what happens at the
// others. The names are those of seccomp(2) without their prefixes. Types and names, and what a
// profile asks for.

import type { FilterArch } from '../abi/syscall-numbers.ts'

/**
 * What happens to a call (`SECCOMP_RET_*`): it runs; it runs and is logged; a tracer decides; it fails with an errno;
 * another program decides (`container.seccompRequests`); the thread gets SIGSYS; the thread, or the whole process, is
 * killed.
 */
export const SECCOMP_ACTIONS = [
  'ALLOW',
  'LOG',
  'TRACE',
  'ERRNO',
  'NOTIFY',
  'TRAP',
  'KILL_THREAD',
  'KILL_PROCESS',
] as const
export type SeccompAction = (typeof SECCOMP_ACTIONS)[number]

/** How an argument is compared, unsigned. `MASKED_EQ`: `(argument & value) == valueTwo`. */
export const SECCOMP_OPERATORS = ['EQ', 'NE', 'LT', 'LE', 'GE', 'GT', 'MASKED_EQ'] as const
export type SeccompOperator = (typeof SECCOMP_OPERATORS)[number]

/** The ways into the kernel of the machines that we run on: x86 and x32 beside x86_64, arm beside aarch64. */
export const SECCOMP_ARCHITECTURES = [
  'x86_64',
  'x86',
  'x32',
  'aarch64',
  'arm',
] as const satisfies readonly FilterArch[]
export type SeccompArchitecture = (typeof SECCOMP_ARCHITECTURES)[number]

/**
 * `SECCOMP_FILTER_FLAG_*`: log everything but ALLOW; leave out the mitigation of Spectre variant 4; while a request is
 * looked at, only a signal that kills interrupts its process (Linux 5.19).
 */
export const SECCOMP_FLAGS = ['LOG', 'SPEC_ALLOW', 'WAIT_KILLABLE_RECV'] as const
export type SeccompFlag = (typeof SECCOMP_FLAGS)[number]

/** A condition on an argument. On x86 and arm arguments have 32 bits, and the upper half counts as 0. */
export interface SeccompArgument {
  /** 0 to 5 */
  readonly index: number
  /** 0 to 2^64-1 */
  readonly value: bigint | number
  /** Only for `MASKED_EQ`, where `value` is the mask. @default 0n */
  readonly valueTwo?: bigint | number
  readonly op: SeccompOperator
}

export interface SeccompRule {
  /** System calls by name, known on any of our architectures. */
  readonly names: readonly string[]
  readonly action: SeccompAction
  /** The errno of `ERRNO`, or the message of `TRACE`: 0 to 4095, or to 65535. @default 1 (EPERM) */
  readonly errno?: number
  /** All must hold; where two are about the same argument, one of the whole list, as in OCI profiles. @default [] */
  readonly args?: readonly SeccompArgument[]
}

/**
 * Of the rules that match a call, the first decides; where none does, the default action. A call through an
 * architecture that is not listed kills the process. With a default action that denies, calls that are newer than
 * every call that the profile names fail with ENOSYS, which programs understand as "not there".
 */
export interface SeccompConfig {
  readonly defaultAction: SeccompAction
  /** For a default action of `ERRNO` or `TRACE`. @default 1 (EPERM) */
  readonly defaultErrno?: number
  /** Beside the machine's own. Those of other machines are passed over. @default [] */
  readonly architectures?: readonly SeccompArchitecture[]
  /** @default [] */
  readonly flags?: readonly SeccompFlag[]
  /** @default [] */
  readonly syscalls?: readonly SeccompRule[]
  /**
   * An absolute path of a socket: whoever listens there gets the requests of `NOTIFY`, as the OCI runtime
   * specification says (`listenerPath`), in place of `container.seccompRequests`.
   */
  readonly listenerPath?: string
  /** What the listener is told beside the container's state. @default '' */
  readonly listenerMetadata?: string
}

/** A condition as it is compiled. */
export interface ExactSeccompArgument {
  readonly index: number
  readonly value: bigint
  readonly valueTwo: bigint
  readonly op: SeccompOperator
}

export interface ExactSeccompRule {
  readonly names: readonly string[]
  readonly action: SeccompAction
  readonly errno: number
  readonly args: readonly ExactSeccompArgument[]
}

/** A profile that was checked and has its defaults filled in. */
export interface ExactSeccomp {
  readonly defaultAction: SeccompAction
  readonly defaultErrno: number
  readonly architectures: readonly SeccompArchitecture[]
  readonly flags: readonly SeccompFlag[]
  readonly syscalls: readonly ExactSeccompRule[]
  readonly listenerPath?: string
  readonly listenerMetadata?: string
}

/** Whether another program decides about some calls. */
export function notifies({ syscalls }: ExactSeccomp): boolean {
  return syscalls.some(({ action, names }) => action === 'NOTIFY' && names.length > 0)
}
