// Owns what a profile says about each system call: its rules, first to last, become one decision per call. Calls that
// the same rules name share a decision. It knows no numbers of calls and no instructions.

import { IPC_CALLS, SOCKETCALLS } from '../abi/syscall-numbers.ts'
import type {
  ExactSeccomp,
  ExactSeccompArgument,
  ExactSeccompRule,
  SeccompAction,
} from '../config/seccomp.ts'

/** An action that is taken when all conditions hold. */
interface Branch {
  readonly args: readonly ExactSeccompArgument[]
  readonly action: number
}

export interface Decision {
  /** The first that holds decides. */
  readonly branches: readonly Branch[]
  /** When none holds. */
  readonly otherwise: number
  /** Whether no later rule can add to it. */
  readonly isFinal: boolean
}

export interface Decisions {
  readonly list: readonly Decision[]
  /** By the index of the call's name; UNNAMED, or a place in `list`. */
  readonly byCall: Int16Array
  /** What the default action is to be: a place in `list`. */
  readonly byDefault: number
  /** For a call that is newer than all that the profile names. */
  readonly forNewer: number
  readonly killProcess: number
}

export const UNNAMED = -1

/** SECCOMP_RET_* (include/uapi/linux/seccomp.h). */
const ACTION_BITS: Readonly<Record<SeccompAction, number>> = {
  ALLOW: 0x7fff0000,
  LOG: 0x7ffc0000,
  TRACE: 0x7ff00000,
  ERRNO: 0x00050000,
  NOTIFY: 0x7fc00000,
  TRAP: 0x00030000,
  KILL_THREAD: 0,
  KILL_PROCESS: 0x80000000,
}
const ENOSYS = 38

function actionValue(action: SeccompAction, errno: number): number {
  return action === 'ERRNO' || action === 'TRACE' ? ACTION_BITS[action] | errno : ACTION_BITS[action]
}

/** Whether the call happens, or a tracer may let it happen. */
function isPermissive(action: SeccompAction): boolean {
  return action === 'ALLOW' || action === 'LOG' || action === 'TRACE'
}

/** @param indexes of all calls by name; names that are not there are passed over */
export function decideCalls(profile: ExactSeccomp, indexes: ReadonlyMap<string, number>): Decisions {
  const calls: Calls = { indexes, byCall: new Int16Array(indexes.size).fill(UNNAMED) }
  const list = new DecisionList(actionValue(profile.defaultAction, profile.defaultErrno))
  const hidden = profile.architectures.includes('x86') ? hiddenCalls(indexes) : []
  for (const rule of profile.syscalls) {
    const action = actionValue(rule.action, rule.errno)
    const branches = branchesOf(rule, action)
    const found = applyRule(rule, calls, hidden, (from) =>
      branches.length > 0 ? list.extend(from, branches) : list.close(from, action),
    )
    if (branches.length > 0 && isPermissive(rule.action)) continue
    for (const { by, test } of found) {
      calls.byCall[by] = list.extend(calls.byCall[by] as number, [{ args: [test], action }])
    }
  }
  return {
    list: list.decisions,
    byCall: calls.byCall,
    byDefault: 0,
    forNewer: isPermissive(profile.defaultAction) ? 0 : list.constant(ACTION_BITS.ERRNO | ENOSYS),
    killProcess: list.constant(ACTION_BITS.KILL_PROCESS),
  }
}

interface Calls {
  readonly indexes: ReadonlyMap<string, number>
  readonly byCall: Int16Array
}

/** @returns those of its calls that can be made in another way too */
function applyRule(
  { names }: ExactSeccompRule,
  { indexes, byCall }: Calls,
  hidden: readonly (HiddenCall | undefined)[],
  apply: (from: number) => number,
): readonly HiddenCall[] {
  const found: HiddenCall[] = []
  // Most names of a rule come from one decision, and go to one.
  let from = Number.NaN
  let to = UNNAMED
  for (let at = 0; at < names.length; at++) {
    const index = indexes.get(names[at] as string)
    if (index === undefined) continue
    const before = byCall[index] as number
    if (before !== from) {
      from = before
      to = apply(before)
    }
    byCall[index] = to
    const call = hidden[index]
    if (call !== undefined) found.push(call)
  }
  return found
}

/** Decisions as rules make them, one out of another; those without conditions exist once. */
class DecisionList {
  readonly decisions: Decision[]
  readonly #constants = new Map<number, number>()

  constructor(byDefault: number) {
    this.decisions = [{ branches: [], otherwise: byDefault, isFinal: false }]
  }

  constant(action: number): number {
    const known = this.#constants.get(action)
    if (known !== undefined) return known
    const made = this.decisions.push({ branches: [], otherwise: action, isFinal: true }) - 1
    this.#constants.set(action, made)
    return made
  }

  /** After a rule with conditions. */
  extend(from: number, branches: readonly Branch[]): number {
    const before = this.#at(from)
    if (before.isFinal) return from
    return this.decisions.push({ ...before, branches: [...before.branches, ...branches] }) - 1
  }

  /** After a rule without conditions, which is the last that matters. */
  close(from: number, action: number): number {
    const { branches, isFinal } = this.#at(from)
    if (isFinal) return from
    const last = branches.findLastIndex((branch) => branch.action !== action)
    if (last < 0) return this.constant(action)
    return (
      this.decisions.push({ branches: branches.slice(0, last + 1), otherwise: action, isFinal: true }) - 1
    )
  }

  #at(place: number): Decision {
    return this.decisions[Math.max(place, 0)] as Decision
  }
}

/** One branch with all conditions; where two are about the same argument, one for each condition. */
function branchesOf({ args }: ExactSeccompRule, action: number): readonly Branch[] {
  if (args.length === 0) return []
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length
  return isRepeated ? args.map((arg) => ({ args: [arg], action })) : [{ args, action }]
}

/** A call that 32-bit x86 can also make through another one, where its arguments are behind a pointer. */
interface HiddenCall {
  /** The index of the other one. */
  readonly by: number
  /** What tells them apart. */
  readonly test: ExactSeccompArgument
}

/**
 * By the index of the name: what socketcall(2) and ipc(2) can do. A rule about socket(2) holds there too. A condition cannot be seen there: it counts as
 * met when the rule denies, and as not met when it allows.
 */
function hiddenCalls(indexes: ReadonlyMap<string, number>): readonly (HiddenCall | undefined)[] {
  const calls: (HiddenCall | undefined)[] = new Array(indexes.size).fill(undefined)
  const indexOf = (name: string): number => indexes.get(name) as number
  const socketcall = indexOf('socketcall')
  for (let number = 1; number < SOCKETCALLS.length; number++) {
    const test = { index: 0, op: 'EQ', value: BigInt(number), valueTwo: 0n } as const
    calls[indexOf(SOCKETCALLS[number] as string)] = { by: socketcall, test }
  }
  const ipc = indexOf('ipc')
  for (const [name, number] of Object.entries(IPC_CALLS)) {
    // The upper half is a version, which the kernel takes off.
    const test = { index: 0, op: 'MASKED_EQ', value: 0xffffn, valueTwo: BigInt(number) } as const
    calls[indexOf(name)] = { by: ipc, test }
  }
  return calls
}
