// Owns the check of mounts one by one: which keys each kind has, and what each key takes. What a mount may cover
// beyond its own text is asked when it is attached, by descriptor.

import { DEFAULT_MOUNTS } from '../../defaults.ts'
import type { BindMount, Mount, MountAttribute, Propagation } from '../../mount.ts'
import { listAt } from '../values/list-at.ts'
import { absolutePathAt, pathBelowRootAt } from '../values/path-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { booleanAt, filledTextAt, nameOf, textAt } from '../values/scalar-at.ts'

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
  readonly recursiveAttributes?: boolean
  readonly relabel?: 'shared' | 'private'
  readonly data?: string
}

const attributeAt = nameOf(MOUNT_ATTRIBUTES, 'a mount attribute')

/** Reads the name of a propagation. */
export const propagationAt = nameOf(PROPAGATIONS, 'a mount propagation')

const MOUNT: Shape<MountKeys> = {
  what: 'a mount',
  readers: {
    type: mountTypeAt,
    destination: pathBelowRootAt,
    source: filledTextAt,
    attributes: (value, at) => listAt(value, at, attributeAt),
    propagation: (value, at) => listAt(value, at, propagationAt),
    recursive: booleanAt,
    recursiveAttributes: booleanAt,
    relabel: nameOf(['shared', 'private'], 'a way to relabel'),
    data: textAt,
  },
  required: ['type', 'destination'],
}

export function normalizeMounts(value: unknown, at: string): readonly Mount[] {
  return listAt(value, at, normalizeMount, DEFAULT_MOUNTS)
}

function normalizeMount(value: unknown, at: string): Mount {
  const mount = { attributes: [], ...recordAt(value, at, MOUNT) }
  Object.freeze(mount.attributes)
  if (mount.type === 'bind') return normalizeBind(mount, at)
  refuseKeys(mount, ['recursive', 'recursiveAttributes', 'relabel'], at, 'only a bind mount has this key')
  if (mount.type === 'cgroup') {
    refuseKeys(mount, ['source', 'data'], at, 'a mount of the type cgroup has no such key')
    return Object.freeze(mount)
  }
  return Object.freeze({ source: mount.type, ...mount })
}

function normalizeBind(mount: MountKeys, at: string): BindMount {
  refuseKeys(mount, ['data'], at, 'a bind mount shows what is there already, and takes no options')
  const source = absolutePathAt(mount.source, `${at}.source`)
  return Object.freeze({ recursive: true, recursiveAttributes: false, ...mount, type: 'bind', source })
}

function refuseKeys(mount: MountKeys, keys: readonly (keyof MountKeys)[], at: string, reason: string): void {
  for (const key of keys) if (mount[key] !== undefined) refuseField(`${at}.${key}`, reason)
}

function mountTypeAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || value === '' || /[^A-Za-z0-9_.-]/.test(value)) {
    refuseValue(at, '"bind", "cgroup" or the name of a file system', value)
  }
  return value
}
