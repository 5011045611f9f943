// Owns which namespaces are made with the clone, which are joined, and in which order; clock offsets.

import {
  AT_FDCWD,
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWTIME,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  O_CLOEXEC,
  O_WRONLY,
} from '../../abi/flags.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { NamespaceType, TimeOffsets } from '../../config/namespace.ts'
import type { Slot } from '../../protocol/op.ts'
import type { Caller, HostFacts } from '../host-facts.ts'
import type { PidNamespaceSource } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { planUndumpable } from './session.ts'

export const CLONE_FLAGS: Readonly<Record<NamespaceType, number>> = {
  user: CLONE_NEWUSER,
  mount: CLONE_NEWNS,
  uts: CLONE_NEWUTS,
  ipc: CLONE_NEWIPC,
  network: CLONE_NEWNET,
  pid: CLONE_NEWPID,
  cgroup: CLONE_NEWCGROUP,
  time: CLONE_NEWTIME,
}

/** Id of the gate behind a fork: the parent answers when it has written down who goes on. */
export const GATE_FORKED = 2

// A cgroup namespace has its root where its maker is, so it is made after the join. A time namespace is entered at
// the next execve, and its offsets must be written before.
const MADE_BY_INIT: readonly NamespaceType[] = ['cgroup', 'time']

/** Whether the container has its own new namespace of a type. */
export function makesNamespace(config: ValidConfig, type: NamespaceType): boolean {
  return config.namespaces.some((namespace) => namespace.type === type && namespace.path === undefined)
}

/** Whether the container is in another namespace of a type than its maker, new or joined. */
export function hasNamespace(config: ValidConfig, type: NamespaceType): boolean {
  return config.namespaces.some((namespace) => namespace.type === type)
}

/** What clone3 makes, and the pid namespace that it is called in. */
export function planClone(
  config: ValidConfig,
  caller: Caller,
  intoCgroup: boolean,
): { flags: number; intoCgroup: boolean; pidNamespace: PidNamespaceSource | null } {
  const flags = deferredByUserJoin(config) ? 0 : newNamespaceFlags(config)
  const pid = config.namespaces.find(({ type, path }) => type === 'pid' && path !== undefined)
  return {
    flags,
    intoCgroup,
    pidNamespace:
      pid?.path === undefined || joinsPidByFork(config, caller) ? null : { kind: 'path', path: pid.path },
  }
}

/** Whether the pid namespace belongs to the user namespace that is joined, which alone gives the right to enter it. */
function joinsPidByFork({ namespaces }: ValidConfig, { rights }: Caller): boolean {
  const joins = (wanted: NamespaceType): boolean =>
    namespaces.some(({ type, path }) => type === wanted && path !== undefined)
  return rights === 'user' && joins('user') && joins('pid')
}

function newNamespaceFlags(config: ValidConfig): number {
  let flags = 0
  for (const { type, path } of config.namespaces) {
    if (path === undefined && !MADE_BY_INIT.includes(type) && !isMadeByRoot(config, type))
      flags |= CLONE_FLAGS[type]
  }
  return flags
}

/**
 * Whether a namespace is made by the root of the container's own user namespace. What the kernel puts into it, `lo` in
 * sysfs and the root of an mqueue file system, has the owner of that moment: before ids are mapped it is nobody's for
 * good. A network that the parent puts interfaces into is there from the clone on.
 */
function isMadeByRoot(config: ValidConfig, type: NamespaceType): boolean {
  if (!makesNamespace(config, 'user') || !makesNamespace(config, type)) return false
  return type === 'ipc' || (type === 'network' && config.networks.every((one) => one.type === 'loopback'))
}

/** Preconditions: init is root of the new user namespace. */
export function planNamespacesOfRoot(p: Planner, config: ValidConfig): void {
  const types = (['ipc', 'network'] as const).filter((type) => isMadeByRoot(config, type))
  if (types.length === 0) return
  p.step({
    name: 'make namespaces',
    reason: "what is in them from the beginning belongs to this user namespace's root",
    field: 'namespaces',
  })
  p.call('unshare', [types.reduce((flags, type) => flags | CLONE_FLAGS[type], 0)])
}

// New namespaces must belong to a user namespace that is joined, so they are made after the join, by init.
function deferredByUserJoin(config: ValidConfig): boolean {
  return hasNamespace(config, 'user') && !makesNamespace(config, 'user')
}

/** Declares the descriptors of the namespaces that init joins, the user namespace first. */
export function planNamespaceDescriptors(
  p: Planner,
  config: ValidConfig,
  { caller }: HostFacts,
): readonly (readonly [NamespaceType, Slot])[] {
  const joined: (readonly [NamespaceType, Slot])[] = []
  if (config.namespaces.every(({ path }) => path === undefined)) return joined
  const order: readonly NamespaceType[] = ['user', 'ipc', 'uts', 'network', 'cgroup', 'time', 'mount']
  for (const type of joinsPidByFork(config, caller) ? [...order, 'pid' as const] : order) {
    const index = config.namespaces.findIndex(
      (namespace) => namespace.type === type && namespace.path !== undefined,
    )
    const path = config.namespaces[index]?.path
    if (path === undefined) continue
    const source = { kind: 'namespace', path, cloneFlag: CLONE_FLAGS[type] } as const
    joined.push([
      type,
      p.descriptor({ source, reason: `the ${type} namespace to join`, field: `namespaces[${index}].path` }),
    ])
  }
  return joined
}

/** Preconditions: init is in its cgroups. */
export function planJoins(
  p: Planner,
  joined: readonly (readonly [NamespaceType, Slot])[],
  { caller }: HostFacts,
): void {
  const isUser = ([type]: readonly [NamespaceType, Slot]): boolean => type === 'user'
  // Who has rights joins the user namespace last, as the others may belong to another one. It gives any right to who has none.
  const ordered =
    caller.rights === 'user' ? joined : [...joined.filter((one) => !isUser(one)), ...joined.filter(isUser)]
  for (const [type, fd] of ordered) {
    p.step({
      name: 'join namespace',
      object: type,
      reason: 'the configuration names an existing one',
      field: 'namespaces',
    })
    if (type === 'user') planLeaveGroups(p, caller)
    p.call('setns', [fd, CLONE_FLAGS[type]])
    if (type === 'user') planRootOfUserNamespace(p)
  }
  if (joined.some(([type]) => type === 'pid')) planForkIntoPid(p, JOINED_FOR_CHILDREN)
}

/** Preconditions: init is in its cgroups. */
export function planCgroupNamespace(p: Planner, config: ValidConfig): void {
  if (!makesNamespace(config, 'cgroup')) return
  p.step({
    name: 'make namespace',
    object: 'cgroup',
    reason: 'its root is the cgroup that init is in by now',
    field: 'namespaces',
  })
  p.call('unshare', [CLONE_NEWCGROUP])
}

/** Makes what the clone could not: the namespaces that shall belong to a joined user namespace. */
export function planDeferredNamespaces(p: Planner, config: ValidConfig): void {
  if (!deferredByUserJoin(config)) return
  const flags = newNamespaceFlags(config)
  if (flags === 0) return
  const field = 'namespaces'
  p.step({
    name: 'make namespaces',
    reason: 'they shall belong to the user namespace that was joined',
    field,
  })
  p.call('unshare', [flags])
  if ((flags & CLONE_NEWPID) !== 0)
    planForkIntoPid(p, 'a pid namespace made by unshare holds for children only')
}

/** Why a later process forks too. */
export const JOINED_FOR_CHILDREN = 'a pid namespace that is joined holds for children only'

function planForkIntoPid(p: Planner, reason: string): void {
  planFork(p, reason, 'namespaces')
  // The session was that of the process that is gone.
  p.call('setsid', [])
}

/** Goes on as a new process, in the pid namespace that the old one is not in itself. */
export function planFork(p: Planner, reason: string, field: string): void {
  p.step({ name: 'fork', reason, field })
  p.ask('fork', [0])
  // Else whoever takes the container down after the parent's death may not know of the process.
  p.ask('gate', [GATE_FORKED])
}

/** Where a user namespace denies setgroups, the caller's own groups could not be left once inside. */
export function planLeaveGroups(p: Planner, { rights }: Caller): void {
  if (rights !== 'user') p.call('setgroups', [0, 0])
}

/** The ids that give full rights inside a user namespace (DESIGN 6; user_namespaces(7)). */
export function planRootOfUserNamespace(p: Planner): void {
  p.call('setresgid', [0, 0, 0])
  p.call('setresuid', [0, 0, 0])
  planUndumpable(p)
}

export function planTimeNamespace(p: Planner, config: ValidConfig): void {
  if (!makesNamespace(config, 'time')) return
  p.step({
    name: 'make namespace',
    object: 'time',
    reason: 'entered at the last execve',
    field: 'namespaces',
  })
  p.call('unshare', [CLONE_NEWTIME])
  const text = timeOffsetsText(config.timeOffsets)
  if (text === '') return
  p.step({
    name: 'shift clocks',
    object: '/proc/self/timens_offsets',
    reason: 'only possible before a process enters',
    field: 'timeOffsets',
  })
  const fd = p.open('openat', [AT_FDCWD, '/proc/self/timens_offsets', O_WRONLY | O_CLOEXEC, 0])
  p.call('write', [fd, text, text.length])
  p.close(fd)
}

function timeOffsetsText(offsets: TimeOffsets | undefined): string {
  const row = (clock: 'monotonic' | 'boottime'): string => {
    const offset = offsets?.[clock]
    return offset === undefined ? '' : `${clock} ${offset.seconds} ${offset.nanoseconds ?? 0}\n`
  }
  return row('monotonic') + row('boottime')
}
