// Tests filters against those that libseccomp makes of the same OCI profiles: every action, every operator, and the
// values at which a comparison of two words goes wrong first.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  libseccompFilters,
  missingLibseccomp,
  type OciProfile,
  type OciRule,
} from '../../test/helpers/libseccomp.ts'
import { AUDIT_ARCH, type Call, checkFilter, decodeFilter, runFilter } from '../../test/helpers/run-filter.ts'
import { SYSCALL_INDEXES } from '../abi/syscall-numbers.ts'
import { SYSCALL_TABLES } from '../abi/syscall-table.gen.ts'
import { DEFAULT_SECCOMP } from '../config/default-seccomp.ts'
import type { ExactSeccomp } from '../config/seccomp.ts'
import { normalizeSeccomp } from '../config/validate/nouns/normalize-seccomp.ts'
import { convertSpec } from '../oci/convert-spec.ts'
import { compileSeccomp } from './compile-seccomp.ts'

const ACTIONS = ['ALLOW', 'LOG', 'TRACE', 'ERRNO', 'TRAP', 'KILL_THREAD', 'KILL_PROCESS']
const OPERATORS = ['EQ', 'NE', 'LT', 'LE', 'GE', 'GT', 'MASKED_EQ']
/** Not those that socketcall(2) and ipc(2) do as well: libseccomp looks at arguments that are not there. */
const NAMES = ['read', 'open', 'mmap', 'clone', 'ioctl', 'prctl', 'openat', 'statx', 'clone3', 'arch_prctl']
const WORDS = [0n, 1n, 5n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_fffen, 0xffff_ffffn]
const LONG_WORDS = WORDS.flatMap((high) => WORDS.map((low) => (high << 32n) | low))

const errno = fc.constantFrom(undefined, 0, 1, 38, 4094)
function decided(rule: OciRule, errnoRet: number | undefined): OciRule {
  return errnoRet !== undefined && /ERRNO|TRACE/.test(rule.action) ? { ...rule, errnoRet } : rule
}

const argument = (values: readonly bigint[]) =>
  fc
    .record({
      index: fc.integer({ min: 0, max: 5 }),
      op: fc.constantFrom(...OPERATORS).map((name) => `SCMP_CMP_${name}`),
      value: fc.constantFrom(...values),
      valueTwo: fc.constantFrom(...values),
    })
    .map(({ valueTwo, ...arg }) => (arg.op === 'SCMP_CMP_MASKED_EQ' ? { ...arg, valueTwo } : arg))

type Conditions = NonNullable<OciRule['args']>

/**
 * One rule with conditions for a call: all of several arguments, or one of several values of one argument. With more,
 * libseccomp (2.5) merges rules into a tree that leaves some of them out; those are tested against the words of the
 * profile, in compile-seccomp.test.ts.
 */
const conditions = (values: readonly bigint[]): fc.Arbitrary<Conditions> =>
  fc.oneof(
    fc.uniqueArray(argument(values), { selector: ({ index }) => index, maxLength: 3 }),
    fc
      .tuple(
        fc.integer({ min: 0, max: 5 }),
        fc.uniqueArray(fc.constantFrom(...values), { minLength: 2, maxLength: 4 }),
      )
      .map(([index, some]) => some.map((value) => ({ index, op: 'SCMP_CMP_EQ', value }))),
  )

const rules = (values: readonly bigint[]): fc.Arbitrary<OciRule[]> =>
  fc
    .uniqueArray(
      fc.record({
        name: fc.constantFrom(...NAMES),
        action: fc.constantFrom(...ACTIONS),
        errnoRet: errno,
        args: conditions(values),
        whole: fc.option(fc.constantFrom(...ACTIONS), { freq: 4 }),
        isWholeFirst: fc.boolean(),
      }),
      { selector: ({ name }) => name, maxLength: 6 },
    )
    .map((calls) =>
      calls.flatMap(({ name, action, errnoRet, args, whole, isWholeFirst }) => {
        const names = [name, 'no_such_call']
        const some = [decided({ names, action: `SCMP_ACT_${action}`, args }, errnoRet)]
        const all = whole === null ? [] : [decided({ names, action: `SCMP_ACT_${whole}` }, errnoRet)]
        return isWholeFirst ? [...all, ...some] : [...some, ...all]
      }),
    )

const profile: fc.Arbitrary<OciProfile> = fc
  .record({
    defaultAction: fc.constantFrom(...ACTIONS),
    defaultErrnoRet: errno,
    architectures: fc.subarray(['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']),
  })
  .chain(({ defaultAction, defaultErrnoRet, architectures }) =>
    // Its 32-bit filters look at the low word only, of values too.
    rules(architectures.some((name) => name !== 'SCMP_ARCH_X86_64') ? WORDS : LONG_WORDS).map((syscalls) => ({
      defaultAction: `SCMP_ACT_${defaultAction}`,
      ...(defaultErrnoRet !== undefined && /ERRNO|TRACE/.test(defaultAction) && { defaultErrnoRet }),
      architectures,
      syscalls,
    })),
  )

function ourProfile(seccomp: OciProfile): ExactSeccomp {
  const spec = {
    ociVersion: '1.0.2',
    root: { path: 'r' },
    process: { args: ['x'], cwd: '/' },
    linux: { seccomp },
  }
  return normalizeSeccomp(convertSpec(spec, '/b').config.seccomp, 'seccomp') as ExactSeccomp
}

function numberOf(table: string, name: string): number {
  const index = SYSCALL_INDEXES.get(name)
  return index === undefined ? -1 : table.indexOf(String.fromCharCode(index))
}

const X32_BIT = 0x40000000

/** Calls by every way in: those that the profile names, their neighbours, and the ends of all ranges. */
function calls({ syscalls }: OciProfile): Call[] {
  const values = syscalls.flatMap(({ args = [] }) =>
    args.flatMap(({ value, valueTwo = 0n }) => [value, valueTwo]),
  )
  const isLong = values.some((value) => value > 0xffff_ffffn)
  const near = values.flatMap((value) => [value - 1n, value, value + 1n, value ^ (1n << 31n)])
  const tried = [...new Set([0n, 0xffff_ffffn, ...near])].filter(
    (value) => value >= 0n && value < (isLong ? 1n << 64n : 1n << 32n),
  )
  const ways = [
    { arch: AUDIT_ARCH.x86_64, table: SYSCALL_TABLES.x86_64, bit: 0 },
    { arch: AUDIT_ARCH.x86, table: SYSCALL_TABLES.x86, bit: 0 },
    { arch: AUDIT_ARCH.x86_64, table: SYSCALL_TABLES.x32, bit: X32_BIT },
    { arch: AUDIT_ARCH.aarch64, table: SYSCALL_TABLES.aarch64, bit: 0 },
  ]
  return ways.flatMap(({ arch, table, bit }) => {
    const named = [...new Set(syscalls.flatMap(({ names }) => names))].map((name) => numberOf(table, name))
    const numbers = new Set(named.filter((nr) => nr >= 0).flatMap((nr) => [nr - 1, nr, nr + 1]))
    return [...numbers, 0, 400].flatMap((nr) =>
      tried.map((_, at) => {
        const others = (step: number): bigint => tried[(at + step) % tried.length] as bigint
        return {
          arch,
          nr: Math.max(nr, 0) + bit,
          args: [0, 1, 2, 3, 4, 5].map((i) => others(i * (Math.abs(nr) % 3))),
        }
      }),
    )
  })
}

const ENOSYS = 0x50026
/** Where a call that is newer than the profile fails with ENOSYS, which runtimes put in front of libseccomp's filter. */
function isNewer({ nr, arch }: Call, { syscalls }: OciProfile): boolean {
  const bit = nr & X32_BIT
  const table =
    arch === AUDIT_ARCH.x86 ? SYSCALL_TABLES.x86 : bit ? SYSCALL_TABLES.x32 : SYSCALL_TABLES.x86_64
  const newest = Math.max(-1, ...syscalls.flatMap(({ names }) => names.map((name) => numberOf(table, name))))
  return newest >= 0 && (nr & ~X32_BIT) > newest
}

test('filters decide as those of libseccomp', { skip: missingLibseccomp() }, () => {
  const profiles = fc.sample(profile, { numRuns: 600, seed: 42 })
  const theirs = libseccompFilters(profiles)
  let compared = 0
  profiles.forEach((given, index) => {
    const ours = compileSeccomp(ourProfile(given), 'x86_64')
    checkFilter(ours)
    const [mine, other] = [decodeFilter(ours), decodeFilter(theirs[index] as Uint8Array)]
    for (const call of calls(given)) {
      const [got, expected] = [runFilter(mine, call), runFilter(other, call)]
      compared++
      if (got === expected || (got === ENOSYS && isNewer(call, given))) continue
      const show = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)
      assert.fail(
        `${got.toString(16)}, not ${expected.toString(16)}: ${JSON.stringify({ call, given }, show)}`,
      )
    }
  })
  assert.ok(compared > 50_000, `${compared} calls`)
})

/** The default profile as runtimes would get it; not the rule about socket(2), which needs an order of rules. */
function defaultProfile(): OciProfile {
  const syscalls = DEFAULT_SECCOMP.syscalls
    .filter(({ names, action, args }) => !(names.includes('socket') && action === 'ERRNO' && args.length > 0))
    .map(({ names, action, errno: errnoRet, args }) => ({
      names,
      action: `SCMP_ACT_${action}`,
      ...(action === 'ERRNO' && { errnoRet }),
      args: args.map((arg) => ({ ...arg, op: `SCMP_CMP_${arg.op}` })),
    }))
  const architectures = ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32']
  return { defaultAction: 'SCMP_ACT_ERRNO', architectures, syscalls }
}

test('the default profile decides every call as libseccomp has it', { skip: missingLibseccomp() }, () => {
  const given = defaultProfile()
  const mine = decodeFilter(compileSeccomp(ourProfile(given), 'x86_64'))
  const other = decodeFilter(libseccompFilters([given])[0] as Uint8Array)
  // cachestat and what came after it: the libseccomp of Debian 12 does not know them.
  const last = numberOf(SYSCALL_TABLES.x86_64, 'cachestat') - 1
  for (const arch of [AUDIT_ARCH.x86_64, AUDIT_ARCH.x86]) {
    for (const bit of arch === AUDIT_ARCH.x86_64 ? [0, X32_BIT] : [0]) {
      for (let nr = 0; nr <= last; nr++) {
        for (const first of [0n, 8n, 0x20008n, 0xffff_ffffn, 0x1000_0000n]) {
          const call = { arch, nr: nr + bit, args: [first, 0n, 0n, 0n, 0n, 0n] }
          assert.equal(runFilter(mine, call), runFilter(other, call), `${nr} of ${arch} with ${first}`)
        }
      }
    }
  }
})
