// Owns the check of capabilities: a list or five sets of names become five full sets without prefixes.

import { CAPABILITIES, CAPABILITY_NUMBERS, type CapabilityName } from '../../capability.ts'
import type { FullCapabilitySets } from '../../process.ts'
import { didYouMean } from '../values/closest-name.ts'
import { listAt } from '../values/list-at.ts'
import { ownRecordAt, type Reader, type Shape } from '../values/record-at.ts'
import { refuseField, refuseValue } from '../values/refuse.ts'

interface Sets {
  readonly bounding?: readonly CapabilityName[]
  readonly effective?: readonly CapabilityName[]
  readonly permitted?: readonly CapabilityName[]
  readonly inheritable?: readonly CapabilityName[]
  readonly ambient?: readonly CapabilityName[]
}

const NAMES: ReadonlySet<unknown> = new Set(CAPABILITIES)

const capabilitiesAt: Reader<readonly CapabilityName[]> = (value, at) => {
  const names = listAt(value, at, capabilityAt, NAMES)
  const unique = new Set(names)
  return unique.size === names.length ? names : Object.freeze([...unique])
}

const SETS: Shape<Sets> = {
  what: 'a set of capability lists',
  readers: {
    bounding: capabilitiesAt,
    effective: capabilitiesAt,
    permitted: capabilitiesAt,
    inheritable: capabilitiesAt,
    ambient: capabilitiesAt,
  },
  required: [],
}

const NONE: readonly CapabilityName[] = Object.freeze([])

export function normalizeCapabilities(value: unknown, at: string): FullCapabilitySets {
  if (Array.isArray(value)) {
    const list = capabilitiesAt(value, at)
    // CVE-2022-29162: what is inheritable comes back through a file with inheritable capabilities.
    return Object.freeze({
      bounding: list,
      effective: list,
      permitted: list,
      inheritable: NONE,
      ambient: NONE,
    })
  }
  const {
    bounding = NONE,
    effective = NONE,
    permitted = NONE,
    inheritable = NONE,
    ambient = NONE,
  } = ownRecordAt(value, at, SETS)
  const sets = { bounding, effective, permitted, inheritable, ambient }
  refuseOutside(sets, 'effective', 'permitted', at)
  refuseOutside(sets, 'ambient', 'permitted', at)
  refuseOutside(sets, 'ambient', 'inheritable', at)
  return Object.freeze(sets)
}

/** The kernel refuses such sets (capabilities(7)). */
function refuseOutside(sets: FullCapabilitySets, inner: keyof Sets, outer: keyof Sets, at: string): void {
  if (sets[inner] === sets[outer]) return
  for (const name of sets[inner])
    if (!sets[outer].includes(name)) refuseField(`${at}.${inner}`, `${name} is not in ${at}.${outer}`)
}

function capabilityAt(value: unknown, at: string): CapabilityName {
  const name = typeof value === 'string' && value.startsWith('CAP_') ? value.slice(4) : value
  if (!CAPABILITY_NUMBERS.has(name as CapabilityName)) {
    const hint = typeof name === 'string' ? didYouMean(name.replace(/^cap_/i, ''), CAPABILITIES) : undefined
    refuseValue(at, 'a capability', value, hint)
  }
  return name as CapabilityName
}
