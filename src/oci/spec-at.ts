// Owns how config.json is read, but for its "linux" part: a reader for each field. Fields for other platforms are
// passed over, as unknown ones are.

import { normalizeArgs, normalizeEnv } from '../config/validate/nouns/normalize-command.ts'
import { MAX_USER_ID } from '../config/validate/nouns/normalize-groups.ts'
import { normalizeLabels } from '../config/validate/nouns/normalize-labels.ts'
import { int64At, listOf, textsAt } from '../config/validate/values/json-values.ts'
import { absolutePathAt } from '../config/validate/values/path-at.ts'
import type { Reader } from '../config/validate/values/record-at.ts'
import { refuseField, refuseValue } from '../config/validate/values/refuse.ts'
import { booleanAt, filledTextAt, integerFrom, textAt } from '../config/validate/values/scalar-at.ts'
import { hooksAt } from './convert-hooks.ts'
import { idMappingsAt, linuxAt } from './linux-at.ts'
import type {
  RuntimeSpec,
  SpecCapabilities,
  SpecConsoleSize,
  SpecMount,
  SpecProcess,
  SpecRlimit,
  SpecRoot,
  SpecUser,
} from './runtime-spec.ts'
import { cpuAffinityAt, ioPriorityAt, schedulerAt } from './scheduling-at.ts'
import { objectOf } from './spec-values.ts'

const rootAt = objectOf<SpecRoot>('a root', { path: filledTextAt, readonly: booleanAt }, ['path'])

const idAt = integerFrom(0, MAX_USER_ID)

const userAt = objectOf<SpecUser>('a user', {
  uid: idAt,
  gid: idAt,
  umask: integerFrom(0, 0o777),
  additionalGids: listOf(idAt),
})

const capabilitiesAt = objectOf<SpecCapabilities>('a set of capability lists', {
  bounding: textsAt,
  effective: textsAt,
  permitted: textsAt,
  inheritable: textsAt,
  ambient: textsAt,
})

const rlimitAt = objectOf<SpecRlimit>('a resource limit', { type: textAt, soft: int64At, hard: int64At }, [
  'type',
  'soft',
  'hard',
])

/** Reads the process of a specification. */
// struct winsize counts in 16 bits.
const cells = integerFrom(0, 0xffff)

const consoleSizeAt = objectOf<SpecConsoleSize>('a size', { height: cells, width: cells }, [
  'height',
  'width',
])

export const processAt = objectOf<SpecProcess>(
  'a process',
  {
    args: normalizeArgs,
    env: normalizeEnv,
    cwd: absolutePathAt,
    user: userAt,
    capabilities: capabilitiesAt,
    rlimits: listOf(rlimitAt),
    noNewPrivileges: booleanAt,
    apparmorProfile: textAt,
    selinuxLabel: textAt,
    oomScoreAdj: integerFrom(-1000, 1000),
    scheduler: schedulerAt,
    ioPriority: ioPriorityAt,
    execCPUAffinity: cpuAffinityAt,
    terminal: booleanAt,
    consoleSize: consoleSizeAt,
  },
  ['args', 'cwd'],
)

const mountAt = objectOf<SpecMount>(
  'a mount',
  {
    destination: filledTextAt,
    type: textAt,
    source: textAt,
    options: textsAt,
    uidMappings: idMappingsAt,
    gidMappings: idMappingsAt,
  },
  ['destination'],
)

/** Reads a whole specification. */
export const specAt: Reader<RuntimeSpec> = objectOf<RuntimeSpec>(
  'a runtime specification',
  {
    ociVersion: ociVersionAt,
    root: rootAt,
    process: processAt,
    hostname: textAt,
    domainname: textAt,
    mounts: listOf(mountAt),
    annotations: normalizeLabels,
    hooks: hooksAt,
    linux: linuxAt,
  },
  ['ociVersion', 'root', 'process'],
)

/** Minor versions only add (semantic versioning), and what we do not know is passed over. */
function ociVersionAt(value: unknown, at: string): string {
  const match = typeof value === 'string' ? /^(\d+)\.\d+\.\d+(?:[-+][\w.+-]*)?$/.exec(value) : null
  if (match === null) refuseValue(at, 'a version such as "1.3.0"', value)
  if (match[1] !== '1') refuseField(at, `expected a version 1, got ${match[0]}`)
  return match[0]
}
