// Owns the check of uidMappings and gidMappings by the rules that the kernel has for uid_map (user_namespaces(7)).

import type { IdMapping } from '../../namespace.ts'
import { listAt } from '../values/list-at.ts'
import { recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { integerFrom } from '../values/scalar-at.ts'

/** UID_GID_MAP_MAX_EXTENTS (include/linux/user_namespace.h). */
const MAX_ROWS = 340
/** The id 2^32-1 means "no id" to the kernel and is never mapped. */
const MAX_ID = 0xffff_fffe

const ID_MAPPING: Shape<IdMapping> = {
  what: 'an id mapping',
  readers: {
    containerId: integerFrom(0, MAX_ID),
    hostId: integerFrom(0, MAX_ID),
    size: integerFrom(1, MAX_ID + 1),
  },
  required: ['containerId', 'hostId', 'size'],
}

export function normalizeIdMappings(value: unknown, at: string): readonly IdMapping[] {
  const rows = listAt(value, at, normalizeIdMapping)
  if (rows.length > MAX_ROWS)
    refuseField(at, `the kernel takes ${MAX_ROWS} rows, and these are ${rows.length}`)
  refuseOverlap(rows, at, 'containerId')
  refuseOverlap(rows, at, 'hostId')
  return rows
}

function normalizeIdMapping(value: unknown, at: string): IdMapping {
  const row = recordAt(value, at, ID_MAPPING)
  const room = MAX_ID + 1 - Math.max(row.containerId, row.hostId)
  if (row.size > room)
    refuseValue(`${at}.size`, `at most ${room} ids, for the last one to be ${MAX_ID}`, row.size)
  return row
}

function refuseOverlap(rows: readonly IdMapping[], at: string, side: 'containerId' | 'hostId'): void {
  const order = rows.map((_, index) => index).sort((a, b) => start(a) - start(b))
  function start(index: number): number {
    return rows[index]?.[side] ?? 0
  }
  order.forEach((index, position) => {
    const before = order[position - 1]
    if (before === undefined) return
    const end = start(before) + (rows[before]?.size ?? 0)
    if (end > start(index)) {
      refuseField(`${at}[${index}].${side}`, `${start(index)} is mapped already, by ${at}[${before}]`)
    }
  })
}
