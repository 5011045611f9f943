// Owns the check of shares of caches and memory bandwidth: that a class is one name, and a schema one line. What the
// CPU divides, and how finely, the kernel says itself.

import type { IntelRdt, IntelRdtSchemas } from '../../intel-rdt.ts'
import { listAt } from '../values/list-at.ts'
import { type Reader, recordAt, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'
import { booleanAt, filledTextAt } from '../values/scalar-at.ts'

/** Directories of the file system itself, and what is no name. */
const NO_CLASS = /^(?:\.\.?|info|mon_groups|mon_data)$|[/\n]/

/** Reads the name of a class, or `/`. */
export function closIdAt(value: unknown, at: string): string {
  const name = filledTextAt(value, at)
  if (name !== '/' && NO_CLASS.test(name))
    refuseValue(at, 'the name of a class of service, without a slash, or / for the default one', value)
  return name
}

function lineAt(value: unknown, at: string): string {
  const line = filledTextAt(value, at)
  if (line.includes('\n')) refuseField(at, 'a schema is one line')
  return line
}

const startingWith =
  (start: string): Reader<string> =>
  (value, at) => {
    const line = lineAt(value, at)
    return line.startsWith(start) ? line : refuseValue(at, `a schema that begins with ${start}`, value)
  }

const SCHEMAS: Shape<IntelRdtSchemas> = {
  what: 'a set of schemas of resctrl',
  readers: {
    // With code and data apart (CDP), L3CODE: and L3DATA: are possible too.
    l3CacheSchema: startingWith('L3'),
    memBwSchema: startingWith('MB:'),
    schemata: (value, at) => listAt(value, at, lineAt),
  },
  required: [],
}

const INTEL_RDT: Shape<IntelRdt> = {
  what: 'a class of service of resctrl',
  readers: { ...SCHEMAS.readers, closId: closIdAt, enableMonitoring: booleanAt },
  required: [],
}

export const normalizeIntelRdt: Reader<IntelRdt> = (value, at) => recordAt(value, at, INTEL_RDT)

export const intelRdtSchemasAt: Reader<IntelRdtSchemas> = (value, at) => recordAt(value, at, SCHEMAS)
