// Owns who the process is: groups, user and the five capability sets, in the one order in which none is lost early.

import {
  PR_CAP_AMBIENT,
  PR_CAP_AMBIENT_CLEAR_ALL,
  PR_CAP_AMBIENT_RAISE,
  PR_SET_KEEPCAPS,
  PR_SET_NO_NEW_PRIVS,
} from '../../abi/flags.ts'
import { capabilityMask } from '../../capabilities/capability-mask.ts'
import { encodeCapset } from '../../capabilities/encode-capset.ts'
import { CAPABILITIES } from '../../config/capability.ts'
import type { CapabilitySets } from '../../config/process.ts'
import type { ResolvedUser } from '../../userdb/resolve-user.ts'
import type { Chosen } from '../override.ts'
import type { Planner } from '../planner.ts'
import { planUndumpable } from './session.ts'

export function planCredentials(
  p: Planner,
  user: ResolvedUser,
  { value: sets, field }: Chosen<CapabilitySets>,
  inUserNamespace: boolean,
): void {
  p.step({
    name: 'limit the bounding set',
    reason: 'no execve may ever give more',
    field,
    hints: { EPERM: 'needs CAP_SETPCAP' },
  })
  p.call('bounding', [capabilityMask(sets.bounding ?? [])])
  p.call('prctl', [PR_SET_KEEPCAPS, 1, 0, 0, 0])

  p.step({
    name: 'switch user',
    object: `${user.uid}:${user.gid}`,
    reason: 'asked for',
    field: 'process.user',
    hints: {
      EINVAL: 'an id is not mapped in the user namespace',
      EPERM: 'the user namespace denies setgroups',
    },
  })
  const groups = new Uint8Array(new Uint32Array(user.groups).buffer)
  // Who has no groups may be in a user namespace that denies setgroups, and so can have got none.
  const denied =
    user.groups.length === 0 && inUserNamespace ? ({ errno: 'EPERM', skip: 0 } as const) : undefined
  p.call('setgroups', [user.groups.length, { bytes: groups }], denied)
  p.call('setresgid', [user.gid, user.gid, user.gid])
  p.call('setresuid', [user.uid, user.uid, user.uid])
  planUndumpable(p)

  p.step({
    name: 'set capabilities',
    reason: 'inheritable stays empty unless asked (CVE-2022-29162)',
    field,
    hints: {
      EPERM: 'the caller does not have all of them itself, or a set holds more than the permitted one',
    },
  })
  const { header, data } = encodeCapset(sets)
  p.call('capset', [{ bytes: header }, { bytes: data }])
  p.call('prctl', [PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0], { errno: 'EINVAL', skip: 0 })
  for (const name of sets.ambient ?? []) {
    p.call('prctl', [
      PR_CAP_AMBIENT,
      PR_CAP_AMBIENT_RAISE,
      CAPABILITIES.indexOf(name as (typeof CAPABILITIES)[number]),
      0,
      0,
    ])
  }
}

export function planNoNewPrivileges(p: Planner, { value, field }: Chosen<boolean>): void {
  if (!value) return
  p.step({ name: 'set no_new_privs', reason: 'set-user-ID programs give nothing', field })
  p.call('prctl', [PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0])
}
