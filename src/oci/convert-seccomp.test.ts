// Tests how profiles of config.json become ours: the names of libseccomp, its order of rules, what is passed over.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { assertRefused, type Refused } from '../../test/helpers/refuses-config.ts'
import { convertSpec } from './convert-spec.ts'

const spec = (seccomp: unknown) => ({
  ociVersion: '1.0.2',
  root: { path: 'rootfs' },
  process: { args: ['sh'], cwd: '/' },
  linux: { seccomp },
})
const convert = (seccomp: unknown) => {
  const { config, remarks } = convertSpec(spec(seccomp), '/bundle')
  return { seccomp: config.seccomp, remarks }
}

it('has no filter where the specification has none', () => {
  assert.equal(convert(undefined).seccomp, null)
  assert.equal(convert(null).seccomp, null)
})

it('takes over names, numbers and conditions', () => {
  const { seccomp, remarks } = convert({
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 38,
    architectures: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_X32'],
    flags: ['SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_TSYNC'],
    syscalls: [
      {
        names: ['clone', 'no_such_call'],
        action: 'SCMP_ACT_KILL',
        args: [
          { index: 0, value: 6, valueTwo: 7, op: 'SCMP_CMP_MASKED_EQ' },
          { index: 1, value: 18446744073709551615n, valueTwo: 9, op: 'SCMP_CMP_GE' },
        ],
      },
    ],
  })
  assert.deepEqual(seccomp, {
    defaultAction: 'ERRNO',
    defaultErrno: 38,
    architectures: ['x86_64', 'x32'],
    flags: ['LOG'],
    syscalls: [
      {
        names: ['clone'],
        action: 'KILL_THREAD',
        args: [
          { index: 0, op: 'MASKED_EQ', value: 6, valueTwo: 6n },
          { index: 1, op: 'GE', value: 18446744073709551615n },
        ],
      },
    ],
  })
  assert.deepEqual(remarks, ['linux.seccomp.syscalls: no such call here: no_such_call'])
})

it('takes over who decides about calls, and what is told there', () => {
  const { seccomp } = convert({
    defaultAction: 'SCMP_ACT_ALLOW',
    flags: ['SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'],
    listenerPath: '/run/agent.sock',
    listenerMetadata: 'about it',
    syscalls: [{ names: ['mkdir'], action: 'SCMP_ACT_NOTIFY' }],
  })
  assert.deepEqual(seccomp, {
    defaultAction: 'ALLOW',
    architectures: [],
    flags: ['WAIT_KILLABLE_RECV'],
    listenerPath: '/run/agent.sock',
    listenerMetadata: 'about it',
    syscalls: [{ names: ['mkdir'], action: 'NOTIFY', args: [] }],
  })
})

it('sets SPEC_ALLOW where no flags are given, as runc does', () => {
  assert.deepEqual(convert({ defaultAction: 'SCMP_ACT_ALLOW' }).seccomp?.flags, ['SPEC_ALLOW'])
  assert.deepEqual(convert({ defaultAction: 'SCMP_ACT_ALLOW', flags: [] }).seccomp?.flags, [])
})

it('puts rules without conditions first, and those that say the default last', () => {
  const args = [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }]
  const { seccomp } = convert({
    defaultAction: 'SCMP_ACT_ERRNO',
    syscalls: [
      { names: ['open'], action: 'SCMP_ACT_ERRNO' },
      { names: ['open', 'read'], action: 'SCMP_ACT_ALLOW', args },
      { names: ['read'], action: 'SCMP_ACT_LOG' },
      { names: ['read'], action: 'SCMP_ACT_KILL_PROCESS' },
    ],
  })
  assert.deepEqual(
    seccomp?.syscalls?.map(({ names, action, args: conditions }) => [names, action, conditions?.length]),
    [
      [['read'], 'LOG', 0],
      [['open'], 'ALLOW', 1],
      [['open'], 'ERRNO', 0],
    ],
  )
})

const profile = (patch: object) => ({ linux: { seccomp: { defaultAction: 'SCMP_ACT_ALLOW', ...patch } } })
const at = 'linux.seccomp'

const REFUSED: readonly Refused[] = [
  [profile({ defaultAction: 'ALLOW' }), `${at}.defaultAction`, /an action of libseccomp/],
  [profile({ defaultAction: 'SCMP_ACT_NOTIFY' }), `${at}.defaultAction`, /cannot be used as default action/],
  [
    profile({ listenerPath: '/a', syscalls: [{ names: ['read', 'write'], action: 'SCMP_ACT_NOTIFY' }] }),
    `${at}.syscalls[0].names`,
    /cannot be used for the write syscall/,
  ],
  [profile({ syscalls: [{ names: ['read'], action: 'SCMP_ACT_NOTIFY' }] }), `${at}.listenerPath`, /listens/],
  [profile({ architectures: ['X86'] }), `${at}.architectures[0]`, /an architecture of libseccomp/],
  [profile({ flags: ['LOG'] }), `${at}.flags[0]`, /a flag of seccomp/],
  [profile({ syscalls: [{ names: ['read'] }] }), `${at}.syscalls[0].action`, /an action of libseccomp/],
  [profile({ syscalls: [{ action: 'SCMP_ACT_LOG' }] }), `${at}.syscalls[0].names`, /a list/],
  [
    profile({ syscalls: [{ names: [], action: 'SCMP_ACT_LOG' }] }),
    `${at}.syscalls[0].names`,
    /^expected at least one system call, got an empty list$/,
  ],
]

it('refuses what it does not know', () =>
  assertRefused((given) => convertSpec(given, '/bundle'), spec({ defaultAction: 'SCMP_ACT_ALLOW' }), REFUSED))
