// Owns the check of the list of namespaces: known types, each at most once, joined by an absolute path.

import { DEFAULT_NAMESPACES } from '../../defaults.ts'
import type { Namespace, NamespaceType } from '../../namespace.ts'
import { listAt, refuseDuplicates } from '../values/list-at.ts'
import { absolutePathAt } from '../values/path-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { nameOf } from '../values/scalar-at.ts'

export const NAMESPACE_TYPES = [
  'mount',
  'uts',
  'ipc',
  'pid',
  'network',
  'user',
  'cgroup',
  'time',
] as const satisfies readonly NamespaceType[]

const NAMESPACE: Shape<Namespace> = {
  what: 'a namespace',
  readers: { type: nameOf(NAMESPACE_TYPES, 'a type of namespace'), path: absolutePathAt },
  required: ['type'],
}

const DEFAULTS: ReadonlySet<unknown> = new Set(DEFAULT_NAMESPACES)

export function normalizeNamespaces(value: unknown, at: string): readonly Namespace[] {
  const namespaces = listAt(value, at, normalizeNamespace, DEFAULTS)
  refuseDuplicates(namespaces, at, 'type')
  return namespaces
}

function normalizeNamespace(value: unknown, at: string): Namespace {
  return recordAt(value, at, NAMESPACE)
}
