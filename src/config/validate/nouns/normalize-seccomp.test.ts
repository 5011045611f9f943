// Tests which profiles are refused, and what a checked profile looks like.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../../../test/helpers/refuses-config.ts'
import { DEFAULT_SECCOMP, defaultSeccomp } from '../../default-seccomp.ts'
import { DEFAULT_CAPABILITIES } from '../../defaults.ts'
import type { SeccompConfig } from '../../seccomp.ts'
import { validateConfig } from '../validate-config.ts'

const check = (seccomp: unknown) => validateConfig({ rootfs: '/r', seccomp }).seccomp

it('fills in defaults', () => {
  const given: SeccompConfig = {
    defaultAction: 'ERRNO',
    syscalls: [
      { names: ['read'], action: 'ALLOW' },
      { names: ['clone'], action: 'TRACE', args: [{ index: 0, op: 'MASKED_EQ', value: 3 }] },
    ],
  }
  assert.deepEqual(check(given), {
    defaultAction: 'ERRNO',
    defaultErrno: 1,
    architectures: [],
    flags: [],
    syscalls: [
      { names: ['read'], action: 'ALLOW', errno: 0, args: [] },
      {
        names: ['clone'],
        action: 'TRACE',
        errno: 1,
        args: [{ index: 0, op: 'MASKED_EQ', value: 3n, valueTwo: 0n }],
      },
    ],
  })
})

it('accepts what it returned, as a state holds it', () => {
  for (const given of [
    DEFAULT_SECCOMP,
    { ...DEFAULT_SECCOMP, defaultAction: 'KILL_PROCESS', defaultErrno: 0 },
  ]) {
    const once = check(given)
    const saved = JSON.parse(
      JSON.stringify(once, (_, value) => (typeof value === 'bigint' ? Number(value) : value)),
    )
    assert.deepEqual(check(saved), once)
  }
})

it('keeps null, which is no filter, apart from nothing, which is the default', () => {
  assert.equal(check(null), null)
  assert.equal(check(undefined), undefined)
  assert.equal(check(DEFAULT_SECCOMP), DEFAULT_SECCOMP)
})

it('accepts rules of every architecture, and the default ones between others', () => {
  const own = { names: ['_llseek', 'cacheflush', 'arch_prctl', 'sync_file_range2'], action: 'LOG' } as const
  const syscalls = [{ names: ['mkdir'], action: 'ERRNO' } as const, ...DEFAULT_SECCOMP.syscalls, own]
  assert.equal(check({ ...DEFAULT_SECCOMP, syscalls })?.syscalls.length, DEFAULT_SECCOMP.syscalls.length + 2)
})

const rule = (patch: object) => ({
  seccomp: { defaultAction: 'ALLOW', syscalls: [{ names: ['read'], action: 'ERRNO', ...patch }] },
})
const arg = (patch: object) => rule({ args: [{ index: 0, op: 'EQ', value: 1n, ...patch }] })
const profile = (patch: object) => ({ seccomp: { defaultAction: 'ALLOW', ...patch } })

const REFUSED: readonly Refused[] = [
  [{ seccomp: 'unconfined' }, 'seccomp', /^expected a seccomp profile, as a plain object/],
  [{ seccomp: {} }, 'seccomp.defaultAction', /an action of seccomp\(2\)/],
  [profile({ defaultAction: 'SCMP_ACT_ALLOW' }), 'seccomp.defaultAction', /ALLOW, LOG, TRACE, ERRNO/],
  [profile({ defaultErrno: 5 }), 'seccomp.defaultErrno', /^ALLOW has none/],
  [profile({ architectures: ['mips'] }), 'seccomp.architectures[0]', /x86_64, x86, x32, aarch64, arm/],
  [profile({ flags: ['TSYNC'] }), 'seccomp.flags[0]', /LOG, SPEC_ALLOW/],
  [profile({ listener: 1 }), 'seccomp.listener', /no such key/],
  [rule({ names: 'read' }), 'seccomp.syscalls[0].names', /a list of names/],
  [rule({ names: [] }), 'seccomp.syscalls[0].names', /^expected at least one system call/],
  [rule({ names: ['read', 1] }), 'seccomp.syscalls[0].names[1]', /got 1/],
  [rule({ names: ['opnat'] }), 'seccomp.syscalls[0].names[0]', /the name of a system call/],
  [rule({ action: 'NOTICE' }), 'seccomp.syscalls[0].action', /an action/],
  [rule({ action: 'NOTIFY', names: ['read', 'write'] }), 'seccomp.syscalls[0].names', /decide about write/],
  [rule({ errno: 4096 }), 'seccomp.syscalls[0].errno', /an errno up to 4095/],
  [rule({ errno: -1 }), 'seccomp.syscalls[0].errno', /from 0 to 65535/],
  [rule({ action: 'TRAP', errno: 1 }), 'seccomp.syscalls[0].errno', /^TRAP has none/],
  [arg({ index: 6 }), 'seccomp.syscalls[0].args[0].index', /from 0 to 5/],
  [arg({ value: -1 }), 'seccomp.syscalls[0].args[0].value', /from 0 to 2\^64-1/],
  [arg({ value: 2n ** 64n }), 'seccomp.syscalls[0].args[0].value', /from 0 to 2\^64-1/],
  [arg({ value: 2 ** 53 }), 'seccomp.syscalls[0].args[0].value', /from 0 to 2\^64-1/],
  [arg({ op: '==' }), 'seccomp.syscalls[0].args[0].op', /an operator/],
  [arg({ valueTwo: 1 }), 'seccomp.syscalls[0].args[0].valueTwo', /only MASKED_EQ/],
  [
    arg({ op: 'MASKED_EQ', value: 6, valueTwo: 1 }),
    'seccomp.syscalls[0].args[0].valueTwo',
    /not in the mask/,
  ],
  [
    profile({
      syscalls: [
        { names: ['open', 'read'], action: 'ALLOW' },
        { names: ['read'], action: 'ERRNO' },
      ],
    }),
    'seccomp.syscalls[1].names[0]',
    /^seccomp.syscalls\[0\] decides every read before this rule$/,
  ],
]

it('refuses what is wrong', () => assertRefused(validateConfig, { rootfs: '/r' }, REFUSED))

it('tells the name that was meant', () => {
  assert.throws(() => check(rule({ names: ['opnat'] }).seccomp), { hint: 'did you mean "openat"?' })
})

it('allows by default what a capability is for, and only then', () => {
  const allows = (capabilities: Parameters<typeof defaultSeccomp>[0], name: string): boolean =>
    defaultSeccomp(capabilities).syscalls.some(
      ({ names, action, args }) => names.includes(name) && action === 'ALLOW' && args.length === 0,
    )
  for (const [capability, name] of [
    ['SYS_ADMIN', 'mount'],
    ['CAP_SYS_ADMIN', 'clone3'],
    ['SYS_CHROOT', 'chroot'],
    ['SYS_TIME', 'clock_settime'],
    ['SYS_MODULE', 'finit_module'],
    ['BPF', 'bpf'],
  ] as const) {
    assert.equal(allows([capability], name), true, name)
    assert.equal(allows([], name), false, name)
  }
  for (const name of [
    'add_key',
    'keyctl',
    'userfaultfd',
    'io_uring_setup',
    'kexec_load',
    'swapon',
    'pivot_root',
  ])
    assert.equal(allows([...DEFAULT_CAPABILITIES, 'SYS_ADMIN'], name), false, name)
})
