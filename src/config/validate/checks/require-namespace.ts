// Owns the refusal of a field that would change a namespace of the caller, because the container has none of its own.

import type { FilledConfig } from '../../container-config.ts'
import type { NamespaceType } from '../../namespace.ts'
import { refuseField } from '../values/refuse.ts'

/** Refuses a field unless the container has a namespace of a type, new or joined. */
export function requireNamespace(config: FilledConfig, type: NamespaceType, field: string): void {
  if (config.namespaces.some((namespace) => namespace.type === type)) return
  const reason = `needs a namespace of the type "${type}", or it would change the caller's`
  refuseField(field, reason, `add { type: '${type}' } to namespaces`)
}
