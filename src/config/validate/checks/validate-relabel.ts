// Owns the rule that a bind is relabelled only with a label. Whether its source may be relabelled is asked of the
// path that its links lead to, when it is done.

import type { FilledConfig } from '../../container-config.ts'
import { refuseField } from '../values/refuse.ts'

export function validateRelabel({ mounts, mountLabel }: FilledConfig): void {
  if (mountLabel !== undefined) return
  mounts.forEach((mount, index) => {
    if (!('relabel' in mount)) return
    refuseField(`mounts[${index}].relabel`, 'there is no label to give', 'set mountLabel')
  })
}
