// Owns the rule that only a new time namespace takes offsets: they are fixed when its first process starts
// (time_namespaces(7)).

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateTimeNamespace(config: FilledConfig): void {
  const isJoined = config.namespaces.some(({ type, path }) => type === 'time' && path !== undefined)
  if (isJoined && config.timeOffsets !== undefined) {
    refuseField('timeOffsets', 'the time namespace is joined, and has its own offsets')
  }
}
