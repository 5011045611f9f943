// Owns the check of network strategies.

import type { Network } from '../../network.ts'
import { listAt } from '../values/list-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { nameOf } from '../values/scalar-at.ts'

const NETWORK: Shape<Network> = {
  what: 'a network',
  readers: { type: nameOf(['loopback'], 'a type of network') },
  required: ['type'],
}

export function normalizeNetworks(value: unknown, at: string): readonly Network[] {
  return listAt(value, at, (item, field) => recordAt(item, field, NETWORK))
}
