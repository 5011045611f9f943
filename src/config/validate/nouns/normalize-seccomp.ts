// Owns the check of a seccomp profile: known calls, rules that can take effect, defaults filled in. null is no filter.

import { SYSCALL_INDEXES } from '../../../abi/syscall-numbers.ts'
import { DEFAULT_SECCOMP } from '../../default-seccomp.ts'
import {
  type ExactSeccomp,
  type ExactSeccompArgument,
  type ExactSeccompRule,
  SECCOMP_ACTIONS,
  SECCOMP_ARCHITECTURES,
  SECCOMP_FLAGS,
  SECCOMP_OPERATORS,
  type SeccompAction,
} from '../../seccomp.ts'
import { didYouMean } from '../values/closest-name.ts'
import { listAt } from '../values/list-at.ts'
import { absolutePathAt } from '../values/path-at.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { integerFrom, nameOf, textAt } from '../values/scalar-at.ts'

type Given<T, K extends keyof T> = Omit<T, K> & Partial<Pick<T, K>>

const MAX_UINT64 = 2n ** 64n - 1n
/** A call has six arguments. */
const MAX_INDEX = 5
/** MAX_ERRNO (include/linux/err.h): the kernel would cut a greater one off. */
const MAX_ERRNO = 4095
/** SECCOMP_RET_DATA */
const MAX_MESSAGE = 0xffff
const EPERM = 1

const actionAt = nameOf(SECCOMP_ACTIONS, 'an action of seccomp(2)')
const errnoAt = integerFrom(0, MAX_MESSAGE)

const ARGUMENT: Shape<Given<ExactSeccompArgument, 'valueTwo'>> = {
  what: 'a condition on an argument',
  readers: {
    index: integerFrom(0, MAX_INDEX),
    value: uint64At,
    valueTwo: uint64At,
    op: nameOf(SECCOMP_OPERATORS, 'an operator'),
  },
  required: ['index', 'value', 'op'],
}

const RULE: Shape<Given<ExactSeccompRule, 'errno' | 'args'>> = {
  what: 'a rule',
  readers: {
    names: namesAt,
    action: actionAt,
    errno: errnoAt,
    args: (value, at) => listAt(value, at, argumentAt),
  },
  required: ['names', 'action'],
}

const DEFAULT_RULES: ReadonlySet<unknown> = new Set(DEFAULT_SECCOMP.syscalls)

const PROFILE: Shape<Given<ExactSeccomp, Exclude<keyof ExactSeccomp, 'defaultAction'>>> = {
  what: 'a seccomp profile',
  readers: {
    defaultAction: actionAt,
    defaultErrno: errnoAt,
    architectures: listOfNames(nameOf(SECCOMP_ARCHITECTURES, 'an architecture')),
    flags: listOfNames(nameOf(SECCOMP_FLAGS, 'a flag')),
    syscalls: (value, at) => listAt(value, at, ruleAt, DEFAULT_RULES),
    listenerPath: absolutePathAt,
    listenerMetadata: textAt,
  },
  required: ['defaultAction'],
}

const NOTHING = Object.freeze([])

export function normalizeSeccomp(value: unknown, at: string): ExactSeccomp | null {
  if (value === null || value === DEFAULT_SECCOMP) return value as ExactSeccomp | null
  const given = recordAt(value, at, PROFILE)
  const { defaultAction, syscalls = NOTHING, listenerPath, listenerMetadata } = given
  if (defaultAction === 'NOTIFY') refuseField(`${at}.defaultAction`, 'NOTIFY can only be the action of rules')
  refuseWrongCalls(syscalls, `${at}.syscalls`)
  return Object.freeze({
    defaultAction,
    defaultErrno: errnoOf(defaultAction, given.defaultErrno, `${at}.defaultErrno`),
    architectures: given.architectures ?? NOTHING,
    flags: given.flags ?? NOTHING,
    syscalls,
    ...(listenerPath !== undefined && { listenerPath }),
    ...(listenerMetadata !== undefined && { listenerMetadata }),
  })
}

function ruleAt(value: unknown, at: string): ExactSeccompRule {
  const { names, action, errno, args } = recordAt(value, at, RULE)
  if (action === 'NOTIFY' && names.includes('write')) {
    refuseField(
      `${at}.names`,
      'NOTIFY cannot decide about write: with it the start says where its requests come from',
    )
  }
  return Object.freeze({ names, action, errno: errnoOf(action, errno, `${at}.errno`), args: args ?? NOTHING })
}

function argumentAt(value: unknown, at: string): ExactSeccompArgument {
  const given = recordAt(value, at, ARGUMENT)
  const { valueTwo = 0n } = given
  if (valueTwo !== 0n && given.op !== 'MASKED_EQ') {
    refuseField(`${at}.valueTwo`, 'only MASKED_EQ compares with a second value')
  }
  if (given.op === 'MASKED_EQ' && (valueTwo & ~given.value) !== 0n) {
    refuseField(`${at}.valueTwo`, 'it has bits that are not in the mask, so that no argument is ever equal')
  }
  return Object.freeze({ ...given, valueTwo })
}

/** An action without an errno has 0, so that a checked profile can be checked again. */
function errnoOf(action: SeccompAction, errno: number | undefined, at: string): number {
  if (action === 'ERRNO' || action === 'TRACE') {
    if (action === 'ERRNO' && errno !== undefined && errno > MAX_ERRNO) {
      refuseValue(at, `an errno up to ${MAX_ERRNO}`, errno)
    }
    return errno ?? EPERM
  }
  if (errno !== undefined && errno !== 0) refuseField(at, `${action} has none: only ERRNO and TRACE have`)
  return 0
}

function uint64At(value: unknown, at: string): bigint {
  const exact: unknown = Number.isSafeInteger(value) ? BigInt(value as number) : value
  if (typeof exact !== 'bigint' || exact < 0n || exact > MAX_UINT64) {
    refuseValue(at, 'an integer from 0 to 2^64-1', value)
  }
  return exact
}

function listOfNames<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, at) => Object.freeze([...new Set(listAt(value, at, read))])
}

/** A rule about no call does nothing: a name is missing. */
export const NO_CALL = 'expected at least one system call, got an empty list'

/** As listAt reads it, but profiles have hundreds of names, and a path is only built for one that is refused. */
function namesAt(value: unknown, at: string): readonly string[] {
  if (!Array.isArray(value)) refuseValue(at, 'a list of names of system calls', value)
  const given: readonly unknown[] = value
  const length = given.length
  if (length === 0) refuseField(at, NO_CALL)
  const names: string[] = []
  for (let index = 0; index < length; index++) {
    const name = given[index]
    if (typeof name !== 'string') refuseValue(`${at}[${index}]`, 'the name of a system call', name)
    names[index] = name
  }
  return Object.freeze(names)
}

const NOWHERE = -1
const DENIED = -2

/** Refuses unknown calls, and a rule that looks as if it denied a call: one before it has allowed the call for good. */
function refuseWrongCalls(rules: readonly ExactSeccompRule[], at: string): void {
  const allowedBy = new Int32Array(SYSCALL_INDEXES.size).fill(NOWHERE)
  for (let place = 0; place < rules.length; place++)
    refuseWrongNames(rules[place] as ExactSeccompRule, place, allowedBy, at)
}

function refuseWrongNames(
  { names, action, args }: ExactSeccompRule,
  place: number,
  allowedBy: Int32Array,
  at: string,
): void {
  const allows = isPermissive(action)
  for (let position = 0; position < names.length; position++) {
    const index = SYSCALL_INDEXES.get(names[position] as string)
    if (index === undefined) refuseCall(names[position] as string, `${at}[${place}].names[${position}]`)
    const earlier = allowedBy[index] as number
    if (earlier === NOWHERE) {
      if (args.length === 0) allowedBy[index] = allows ? place : DENIED
    } else if (earlier !== DENIED && !allows) {
      const reason = `${at}[${earlier}] decides every ${names[position]} before this rule`
      refuseField(`${at}[${place}].names[${position}]`, reason, 'put this rule first')
    }
  }
}

function refuseCall(name: string, at: string): never {
  refuseValue(at, 'the name of a system call', name, didYouMean(name, [...SYSCALL_INDEXES.keys()]))
}

function isPermissive(action: SeccompAction): boolean {
  return action === 'ALLOW' || action === 'LOG' || action === 'TRACE'
}
