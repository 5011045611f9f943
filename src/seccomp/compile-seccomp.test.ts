// Tests filters against the words of the profile: whatever the rules, the program that the kernel runs returns what
// reading the rules one after another gives.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { AUDIT_ARCH, type Call, checkFilter, decodeFilter, runFilter } from '../../test/helpers/run-filter.ts'
import { type FilterArch, IPC_CALLS, SOCKETCALLS, SYSCALL_INDEXES } from '../abi/syscall-numbers.ts'
import { SYSCALL_TABLES } from '../abi/syscall-table.gen.ts'
import type { Arch } from '../abi/syscalls.ts'
import { DEFAULT_SECCOMP } from '../config/default-seccomp.ts'
import {
  type ExactSeccomp,
  type ExactSeccompArgument,
  type ExactSeccompRule,
  SECCOMP_ACTIONS,
  SECCOMP_OPERATORS,
  type SeccompAction,
} from '../config/seccomp.ts'
import { compileSeccomp } from './compile-seccomp.ts'

// QuickJS has asUintN wrong for 64 bits.
const MAX_U64 = (1n << 64n) - 1n

const VALUES: Readonly<Record<SeccompAction, number>> = {
  ALLOW: 0x7fff0000,
  LOG: 0x7ffc0000,
  TRACE: 0x7ff00000,
  ERRNO: 0x00050000,
  NOTIFY: 0x7fc00000,
  TRAP: 0x00030000,
  KILL_THREAD: 0,
  KILL_PROCESS: 0x80000000,
}
const ENOSYS = 0x50026

const valueOfAction = (action: SeccompAction, errno: number): number =>
  action === 'ERRNO' || action === 'TRACE' ? VALUES[action] + errno : VALUES[action]
const denies = (action: SeccompAction): boolean => !['ALLOW', 'LOG', 'TRACE'].includes(action)

function holds({ index, op, value, valueTwo }: ExactSeccompArgument, { args }: Call, bits: 32 | 64): boolean {
  const given = (args[index] as bigint) & ((1n << BigInt(bits)) - 1n)
  switch (op) {
    case 'EQ':
      return given === value
    case 'NE':
      return given !== value
    case 'LT':
      return given < value
    case 'LE':
      return given <= value
    case 'GE':
      return given >= value
    case 'GT':
      return given > value
    case 'MASKED_EQ':
      return (given & value) === valueTwo
  }
}

const PRIVATE = 0xf0000

function numberOf(arch: FilterArch, name: string): number {
  const unit = String.fromCharCode(SYSCALL_INDEXES.get(name) as number)
  const number = SYSCALL_TABLES[arch].indexOf(unit)
  const ofArm = arch === 'arm' ? SYSCALL_TABLES.armPrivate.indexOf(unit) : -1
  return number < 0 && ofArm >= 0 ? PRIVATE + ofArm : number
}

/** The name of what socketcall or ipc is asked for. */
function hiddenName(arch: FilterArch, { nr, args: [first = 0n] }: Call): string | undefined {
  if (arch !== 'x86') return undefined
  if (nr === numberOf('x86', 'socketcall')) return SOCKETCALLS[Number(BigInt.asUintN(32, first))]
  if (nr !== numberOf('x86', 'ipc')) return undefined
  return Object.entries(IPC_CALLS).find(([, call]) => BigInt(call) === (first & 0xffffn))?.[0]
}

const ENTRIES: readonly (readonly [FilterArch, Arch, number, 32 | 64])[] = [
  ['x86_64', 'x86_64', AUDIT_ARCH.x86_64, 64],
  ['x32', 'x86_64', AUDIT_ARCH.x86_64, 64],
  ['x86', 'x86_64', AUDIT_ARCH.x86, 32],
  ['aarch64', 'aarch64', AUDIT_ARCH.aarch64, 64],
  ['arm', 'aarch64', AUDIT_ARCH.arm, 32],
]
const X32_BIT = 0x40000000

/** What a profile says, word by word. */
function judge(profile: ExactSeccomp, machine: Arch, call: Call): number {
  const entry = ENTRIES.find(
    ([arch, of, audit]) =>
      of === machine && audit === call.arch && (arch === 'x32') === (arch !== 'x86' && isX32(call)),
  )
  const isOwn = entry?.[0] === machine
  if (entry === undefined || (!isOwn && !profile.architectures.includes(entry[0]))) return VALUES.KILL_PROCESS
  const [arch, , , bits] = entry
  const nr = arch === 'x32' ? call.nr - X32_BIT : call.nr
  const named = profile.syscalls.flatMap((rule) => numbersOf(rule, arch))
  for (const rule of profile.syscalls)
    if (matches(rule, arch, { ...call, nr }, bits)) return valueOfAction(rule.action, rule.errno)
  const newest = Math.max(...named.filter((number) => number < PRIVATE))
  // -1 is how a tracer skips a call; the private numbers of arm are above all others.
  const isApart = (arch === 'x86_64' && nr === 0xffffffff) || (arch === 'arm' && nr >= PRIVATE)
  if (!isApart && newest >= 0 && nr > newest && denies(profile.defaultAction)) return ENOSYS
  return valueOfAction(profile.defaultAction, profile.defaultErrno)
}

/** The calls that a rule is about, those among them that do what others do. */
function numbersOf({ names, args, action }: ExactSeccompRule, arch: FilterArch): readonly number[] {
  const isSeen = arch === 'x86' && (args.length === 0 || denies(action))
  return names.flatMap((name) => [
    numberOf(arch, name),
    ...(isSeen && (SOCKETCALLS as readonly string[]).includes(name) ? [numberOf(arch, 'socketcall')] : []),
    ...(isSeen && name in IPC_CALLS ? [numberOf(arch, 'ipc')] : []),
  ])
}

const isX32 = ({ nr, arch }: Call): boolean =>
  arch === AUDIT_ARCH.x86_64 && nr >= X32_BIT && nr !== 0xffffffff

function matches(
  { names, action, args }: ExactSeccompRule,
  arch: FilterArch,
  call: Call,
  bits: 32 | 64,
): boolean {
  const hidden = hiddenName(arch, call)
  const isRepeated = new Set(args.map(({ index }) => index)).size < args.length
  const results = args.map((arg) => holds(arg, call, bits))
  const fits = isRepeated ? results.includes(true) : !results.includes(false)
  if (fits && names.some((name) => numberOf(arch, name) === call.nr)) return true
  return hidden !== undefined && names.includes(hidden) && (args.length === 0 || denies(action))
}

const NAMES = [
  'read',
  'write',
  'clone',
  'socket',
  'accept',
  'socketcall',
  'semop',
  'shmat',
  'ipc',
  'statx',
  'personality',
  'cacheflush',
]
const WORDS = [0n, 1n, 2n, 5n, 0x10001n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn]
const LONG = WORDS.flatMap((high) => WORDS.map((low) => (high << 32n) | low))
const value = fc.oneof(fc.constantFrom(...LONG), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }))

const argument: fc.Arbitrary<ExactSeccompArgument> = fc
  .record({
    index: fc.integer({ min: 0, max: 5 }),
    op: fc.constantFrom(...SECCOMP_OPERATORS),
    value,
    valueTwo: value,
  })
  .map((arg) =>
    arg.op === 'MASKED_EQ' ? { ...arg, valueTwo: arg.valueTwo & arg.value } : { ...arg, valueTwo: 0n },
  )

const rule: fc.Arbitrary<ExactSeccompRule> = fc.record({
  names: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }),
  action: fc.constantFrom(...SECCOMP_ACTIONS),
  errno: fc.constantFrom(0, 1, 4095),
  args: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(argument, { maxLength: 3 })),
})

const profile: fc.Arbitrary<ExactSeccomp> = fc.record({
  defaultAction: fc.constantFrom(...SECCOMP_ACTIONS),
  defaultErrno: fc.constantFrom(1, 38),
  architectures: fc.subarray(['x86', 'x32', 'arm'] as const),
  flags: fc.constant([]),
  syscalls: fc.array(rule, { maxLength: 8 }),
})

/** Where the numbers of a call are, and just beside; and each value of the profile, and just beside. */
function callOf(given: ExactSeccomp): fc.Arbitrary<Call> {
  const values = given.syscalls.flatMap(({ args }) => args.flatMap((arg) => [arg.value, arg.valueTwo]))
  const near = values.flatMap((one) => [one - 1n, one, one + 1n]).map((one) => one & MAX_U64)
  return fc.record({
    arch: fc.constantFrom(...Object.values(AUDIT_ARCH), 0),
    nr: fc.oneof(
      fc
        .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ENTRIES), fc.integer({ min: -1, max: 1 }))
        .map(([name, [arch], step]) => (numberOf(arch, name) + step + (arch === 'x32' ? X32_BIT : 0)) >>> 0),
      fc.constantFrom(0, 0xf0000, 0xf0002, X32_BIT - 1, X32_BIT, 0xfffffffe, 0xffffffff),
    ),
    args: fc.array(fc.oneof(fc.constantFrom(...near, 0n, 1n), value), { minLength: 6, maxLength: 6 }),
  })
}

for (const machine of ['x86_64', 'aarch64'] as const)
  it(`decides each call as the profile says, on ${machine}`, () => {
    const both = profile.chain((given) =>
      fc.tuple(fc.constant(given), fc.array(callOf(given), { minLength: 20 })),
    )
    fc.assert(
      fc.property(both, ([given, calls]) => {
        const filter = compileSeccomp(given, machine)
        checkFilter(filter)
        const program = decodeFilter(filter)
        for (const call of calls) assert.equal(runFilter(program, call), judge(given, machine, call))
      }),
      { numRuns: 400 },
    )
  })

it('reaches across programs that are longer than a jump', () => {
  const names = [...SYSCALL_INDEXES.keys()].slice(0, 400)
  const args = (at: number): readonly ExactSeccompArgument[] => [
    { index: at % 6, op: 'GE', value: BigInt(at) << 30n, valueTwo: 0n },
  ]
  const syscalls = names.map(
    (name, at): ExactSeccompRule => ({ names: [name], action: 'ERRNO', errno: at, args: args(at) }),
  )
  const given: ExactSeccomp = { ...DEFAULT_SECCOMP, syscalls }
  const filter = compileSeccomp(given, 'x86_64')
  checkFilter(filter)
  const program = decodeFilter(filter)
  for (const [at, name] of names.entries()) {
    for (const [arch, machine, audit] of ENTRIES) {
      const nr = numberOf(arch, name)
      if (machine !== 'x86_64' || nr < 0) continue
      for (const first of [0n, BigInt(at) << 30n]) {
        const call = { arch: audit, nr: nr + (arch === 'x32' ? X32_BIT : 0), args: Array(6).fill(first) }
        assert.equal(runFilter(program, call), judge(given, machine, call), `${name} on ${arch}`)
      }
    }
  }
})

it('refuses a profile whose program the kernel would refuse', () => {
  const names = [...SYSCALL_INDEXES.keys()].slice(0, 300)
  const args = (at: number): readonly ExactSeccompArgument[] =>
    [0, 1, 2].map((index) => ({ index, op: 'GE', value: BigInt(at) << 30n, valueTwo: 0n }))
  const syscalls = names.map(
    (name, at): ExactSeccompRule => ({ names: [name], action: 'ERRNO', errno: at, args: args(at) }),
  )
  assert.throws(() => compileSeccomp({ ...DEFAULT_SECCOMP, syscalls }, 'x86_64'), {
    code: 'ConfigInvalid',
    field: 'seccomp',
    message: /instructions, and the kernel takes 4096/,
  })
})

it('tests the arguments of calls with the same rules once', () => {
  const args = [{ index: 0, op: 'EQ', value: 7n, valueTwo: 0n }] as const
  const length = (...names: readonly string[]): number =>
    compileSeccomp(
      { ...DEFAULT_SECCOMP, architectures: [], syscalls: [{ names, action: 'ALLOW', errno: 1, args }] },
      'x86_64',
    ).length
  // One more range of numbers: a comparison at each of its ends.
  assert.equal(length('read', 'statx') - length('read'), 2 * 8)
})
