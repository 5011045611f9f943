// Owns the check of mounts one by one: which keys each kind has, and what each key takes. What a mount may cover
// beyond its own text is asked when it is attached, by descriptor.

import type { MountCommand } from '../../command.ts'
import { DEFAULT_MOUNTS } from '../../defaults.ts'
import type { BindMount, Mount, MountAttribute, MountIdMap, Propagation } from '../../mount.ts'
import { listAt } from '../values/list-at.ts'
import { absolutePathAt, pathBelowRootAt } from '../values/path-at.ts'
import { ownRecordAt, type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { booleanAt, filledTextAt, nameOf, textAt } from '../values/scalar-at.ts'
import { normalizeMountCommands } from './normalize-hooks.ts'
import { normalizeIdMappings } from './normalize-id-mappings.ts'

export const MOUNT_ATTRIBUTES = [
  'ro',
  'rw',
  'nosuid',
  'suid',
  'nodev',
  'dev',
  'noexec',
  'exec',
  'nosymfollow',
  'symfollow',
  'nodiratime',
  'diratime',
  'relatime',
  'noatime',
  'strictatime',
] as const satisfies readonly MountAttribute[]

export const PROPAGATIONS = [
  'private',
  'rprivate',
  'slave',
  'rslave',
  'shared',
  'rshared',
  'unbindable',
  'runbindable',
] as const satisfies readonly Propagation[]

/** The keys of all kinds of mounts. */
interface MountKeys {
  readonly type: string
  readonly destination: string
  readonly source?: string
  readonly attributes?: readonly MountAttribute[]
  readonly propagation?: readonly Propagation[]
  readonly recursive?: boolean
  readonly recursiveAttributes?: readonly MountAttribute[]
  readonly idMap?: MountIdMap
  readonly relabel?: 'shared' | 'private'
  readonly data?: string
  readonly copyUp?: boolean
  readonly wholeTree?: boolean
  readonly premountCommands?: readonly MountCommand[]
  readonly postmountCommands?: readonly MountCommand[]
}

const attributeAt = nameOf(MOUNT_ATTRIBUTES, 'a mount attribute')
const ATTRIBUTES: ReadonlySet<unknown> = new Set(MOUNT_ATTRIBUTES)
const attributesAt: Reader<readonly MountAttribute[]> = (value, at) =>
  listAt(value, at, attributeAt, ATTRIBUTES)

/** Reads the name of a propagation. */
export const propagationAt = nameOf(PROPAGATIONS, 'a mount propagation')

const MOUNT: Shape<MountKeys> = {
  what: 'a mount',
  readers: {
    type: mountTypeAt,
    destination: pathBelowRootAt,
    source: filledTextAt,
    attributes: attributesAt,
    propagation: (value, at) => listAt(value, at, propagationAt),
    recursive: booleanAt,
    recursiveAttributes: attributesAt,
    idMap: normalizeIdMap,
    relabel: nameOf(['shared', 'private'], 'a way to relabel'),
    data: textAt,
    copyUp: booleanAt,
    wholeTree: booleanAt,
    premountCommands: normalizeMountCommands,
    postmountCommands: normalizeMountCommands,
  },
  required: ['type', 'destination'],
}

const DEFAULTS: ReadonlySet<unknown> = new Set(DEFAULT_MOUNTS)

export function normalizeMounts(value: unknown, at: string): readonly Mount[] {
  return listAt(value, at, normalizeMount, DEFAULTS)
}

const NONE: readonly MountAttribute[] = Object.freeze([])
const OF_TMPFS: readonly (keyof MountKeys)[] = ['copyUp']
const OF_CGROUP: readonly (keyof MountKeys)[] = ['wholeTree']
const OF_BIND: readonly (keyof MountKeys)[] = ['recursive', 'idMap', 'relabel']

/** A mount of ours, until it is whole. */
type Draft = { -readonly [K in keyof MountKeys]: MountKeys[K] }

function normalizeMount(value: unknown, at: string): Mount {
  const mount: Draft = ownRecordAt(value, at, MOUNT)
  const { type } = mount
  mount.attributes ??= NONE
  if (type !== 'tmpfs') refuseKeys(mount, OF_TMPFS, at, 'only a tmpfs has this key')
  if (type !== 'cgroup') refuseKeys(mount, OF_CGROUP, at, 'only a mount of the type cgroup has this key')
  if (type === 'bind') return normalizeBind(mount, at)
  refuseKeys(mount, OF_BIND, at, 'only a bind mount has this key')
  if (type === 'remount') {
    refuseKeys(mount, ['source'], at, 'what is mounted there has its source already')
    return Object.freeze(mount)
  }
  if (mount.recursiveAttributes !== undefined)
    refuseField(`${at}.recursiveAttributes`, 'nothing is mounted below a new file system: use attributes')
  if (type === 'cgroup')
    refuseKeys(mount, ['source', 'data'], at, 'a mount of the type cgroup has no such key')
  else mount.source ??= type
  return Object.freeze(mount)
}

function normalizeBind(mount: Draft, at: string): BindMount {
  if (mount.data !== undefined)
    refuseField(`${at}.data`, 'a bind mount shows what is there already, and takes no options')
  mount.source = absolutePathAt(mount.source, `${at}.source`)
  mount.recursive ??= true
  return Object.freeze(mount) as BindMount
}

const ID_MAP: Shape<MountIdMap> = {
  what: 'an id map of a mount',
  readers: { uidMappings: normalizeIdMappings, gidMappings: normalizeIdMappings, recursive: booleanAt },
  required: [],
}

function normalizeIdMap(value: unknown, at: string): MountIdMap {
  const idMap = recordAt(value, at, ID_MAP)
  if ((idMap.uidMappings === undefined) !== (idMap.gidMappings === undefined))
    refuseField(at, 'expected both uidMappings and gidMappings, or neither')
  return idMap
}

function refuseKeys(mount: MountKeys, keys: readonly (keyof MountKeys)[], at: string, reason: string): void {
  for (const key of keys) if (mount[key] !== undefined) refuseField(`${at}.${key}`, reason)
}

function mountTypeAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '' || /[^A-Za-z0-9_.-]/.test(value)) {
    refuseValue(at, '"bind", "cgroup", "remount" or the name of a file system', value)
  }
  return value
}
