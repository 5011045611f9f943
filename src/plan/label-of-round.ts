// Owns the words for one of the objects that the ops of a step are repeated for.

import type { Label } from './launch-plan.ts'

/** The label with the object of a round, and its place in the field; of a step without rounds the label itself. */
export function labelOfRound<L extends Label>(label: L, round: number): L {
  const object = label.objects?.[round]
  return object === undefined ? label : { ...label, object, field: `${label.field}[${round}]` }
}
