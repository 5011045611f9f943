// Owns how the process of config.json becomes ours: what every process of the container has goes to its configuration.

import { CAPABILITY_NUMBERS, type CapabilityName } from '../config/capability.ts'
import type { FullCapabilitySets, ProcessSpec, Rlimit, RlimitType, TerminalSize } from '../config/process.ts'
import { RLIMIT_TYPES } from '../config/validate/nouns/normalize-rlimits.ts'
import { quoteText } from '../config/validate/values/describe-value.ts'
import { refuseValue } from '../config/validate/values/refuse.ts'
import { convertCpuAffinity, convertScheduler } from './convert-scheduling.ts'
import type { SpecCapabilities, SpecProcess, SpecRlimit } from './runtime-spec.ts'
import { processAt } from './spec-at.ts'

export interface ConvertedProcess {
  readonly process: ProcessSpec
  /** What the specification says to warn of, and to go on. Each begins with the field. */
  readonly warnings: readonly string[]
}

/**
 * Converts the "process" of a runtime specification (OCI 1.x, Linux) by itself, as parseJson returns it: for a process
 * that is started later.
 * @throws `ConfigInvalid`, with the field's path below "process"
 */
export function convertProcess(process: unknown): ConvertedProcess {
  const given = processAt(process, 'process')
  const warnings: string[] = []
  const { execCPUAffinity: affinity } = given
  return {
    process: {
      ...convertCommand(given),
      ...convertRights(given, (text) => void warnings.push(text)),
      ...(affinity && { cpuAffinity: convertCpuAffinity(affinity) }),
    },
    warnings,
  }
}

/** What a first process is given alone. */
export function convertCommand(process: SpecProcess): ProcessSpec {
  const { uid = 0, gid = 0, umask } = process.user ?? {}
  return {
    args: process.args,
    env: process.env ?? [],
    cwd: process.cwd,
    user: `${uid}:${gid}`,
    ...(umask !== undefined && { umask }),
    ...(process.terminal && { terminal: convertTerminal(process) }),
    ...(process.oomScoreAdj !== undefined && { oomScoreAdj: process.oomScoreAdj }),
  }
}

/** A size that nobody knows yet is not ours to guess. */
function convertTerminal({ consoleSize }: SpecProcess): TerminalSize {
  return { columns: consoleSize?.width ?? 0, rows: consoleSize?.height ?? 0 }
}

type Rights = Pick<
  ProcessSpec,
  | 'capabilities'
  | 'noNewPrivileges'
  | 'rlimits'
  | 'additionalGroups'
  | 'apparmorProfile'
  | 'selinuxLabel'
  | 'scheduler'
  | 'ioPriority'
>

/** What holds for later processes too. Absent means none here, where our own default is a set. */
export function convertRights(process: SpecProcess, warn: Warn): Rights {
  const { scheduler, ioPriority } = process
  return {
    capabilities: convertCapabilities(process.capabilities ?? {}, (process.user?.uid ?? 0) === 0, warn),
    noNewPrivileges: process.noNewPrivileges ?? false,
    rlimits: (process.rlimits ?? []).map(convertRlimit),
    additionalGroups: process.user?.additionalGids ?? [],
    ...(scheduler && { scheduler: convertScheduler(scheduler) }),
    ...(ioPriority && { ioPriority }),
    ...(process.apparmorProfile && { apparmorProfile: process.apparmorProfile }),
    ...(process.selinuxLabel && { selinuxLabel: process.selinuxLabel }),
  }
}

type Warn = (text: string) => void

/**
 * The specification wants a warning, and no error, for a capability that is not known or that the kernel won't give.
 * Root is given at execve what is bounding and permitted, ambient or not, and lacks nothing (capabilities(7)).
 */
function convertCapabilities(sets: SpecCapabilities, isRoot: boolean, warn: Warn): FullCapabilitySets {
  const bounding = knownOf(sets, 'bounding', warn)
  const permitted = knownOf(sets, 'permitted', warn)
  const inheritable = knownOf(sets, 'inheritable', warn)
  const both = inheritable.filter((name) => permitted.includes(name))
  const isHeld = (name: CapabilityName): boolean =>
    isRoot && bounding.includes(name) && permitted.includes(name)
  return {
    bounding,
    effective: within(
      permitted,
      knownOf(sets, 'effective', warn),
      (name) => `process.capabilities.effective: ${name} is not permitted`,
      warn,
    ),
    permitted,
    inheritable,
    // buildah asks for all that it permits, inherits none, and counts on runc's words.
    ambient: within(
      both,
      knownOf(sets, 'ambient', warn).filter((name) => both.includes(name) || !isHeld(name)),
      (name) => `can't raise ambient capability ${name}: it is not both permitted and inheritable`,
      warn,
    ),
  }
}

function knownOf(sets: SpecCapabilities, set: keyof SpecCapabilities, warn: Warn): readonly CapabilityName[] {
  const known: CapabilityName[] = []
  const names = sets[set] ?? []
  for (let index = 0; index < names.length; index++) {
    const given = names[index] as string
    const name = given.startsWith('CAP_') ? given.slice(4) : ''
    if (CAPABILITY_NUMBERS.has(name)) known.push(name as CapabilityName)
    else
      warn(
        `process.capabilities.${set}[${index}]: there is no capability ${quoteText(given)}, and it is left out`,
      )
  }
  return known
}

/** What is within another set: the kernel would refuse the others (capabilities(7)). */
function within(
  outer: readonly CapabilityName[],
  inner: readonly CapabilityName[],
  describe: (name: string) => string,
  warn: Warn,
): readonly CapabilityName[] {
  return inner.filter((name) => {
    const isWithin = outer.includes(name)
    if (!isWithin) warn(describe(`CAP_${name}`))
    return isWithin
  })
}

function convertRlimit(rlimit: SpecRlimit, index: number): Rlimit {
  const type = rlimit.type.startsWith('RLIMIT_') ? rlimit.type.slice('RLIMIT_'.length) : ''
  if (!(RLIMIT_TYPES as readonly string[]).includes(type)) {
    refuseValue(`process.rlimits[${index}].type`, 'a resource such as "RLIMIT_NOFILE"', rlimit.type)
  }
  return { type: type as RlimitType, soft: rlimit.soft, hard: rlimit.hard }
}
