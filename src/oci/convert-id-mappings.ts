// Owns how the rows of an id map in config.json become ours.

import type { IdMapping } from '../config/namespace.ts'
import type { SpecIdMapping } from './runtime-spec.ts'

export function convertIdMappings(rows: readonly SpecIdMapping[]): readonly IdMapping[] {
  return rows.map(({ containerID, hostID, size }) => ({ containerId: containerID, hostId: hostID, size }))
}
