// Owns the way from what a caller hands in to a ValidProcess. Pure: users, commands and directories are looked up
// inside the container, later.

import type { FilledProcess, ValidProcess } from '../container-config.ts'
import type { ExactRlimit, FullCapabilitySets, ProcessSpec, TerminalOptions } from '../process.ts'
import { normalizeCapabilities } from './nouns/normalize-capabilities.ts'
import { normalizeArgs, normalizeEnv } from './nouns/normalize-command.ts'
import { normalizeGroups } from './nouns/normalize-groups.ts'
import { normalizeRlimits } from './nouns/normalize-rlimits.ts'
import {
  normalizeCpuAffinity,
  normalizeIoPriority,
  normalizeScheduler,
} from './nouns/normalize-scheduling.ts'
import { apparmorProfileAt, selinuxLabelAt } from './nouns/normalize-security-labels.ts'
import { normalizeTerminal } from './nouns/normalize-terminal.ts'
import { normalizeUser } from './nouns/normalize-user.ts'
import { absolutePathAt } from './values/path-at.ts'
import { recordAt, type Shape } from './values/record-at.ts'
import { booleanAt, integerFrom } from './values/scalar-at.ts'

type CheckedFields = Omit<ProcessSpec, 'args' | 'capabilities' | 'rlimits' | 'terminal'> & {
  readonly args: readonly [string, ...string[]]
  readonly capabilities?: FullCapabilitySets
  readonly rlimits?: readonly ExactRlimit[]
  readonly terminal?: TerminalOptions | false
}

const PROCESS: Shape<CheckedFields> = {
  what: 'a process',
  readers: {
    args: normalizeArgs,
    env: normalizeEnv,
    user: normalizeUser,
    additionalGroups: normalizeGroups,
    cwd: absolutePathAt,
    capabilities: normalizeCapabilities,
    rlimits: normalizeRlimits,
    noNewPrivileges: booleanAt,
    scheduler: normalizeScheduler,
    ioPriority: normalizeIoPriority,
    cpuAffinity: normalizeCpuAffinity,
    apparmorProfile: apparmorProfileAt,
    selinuxLabel: selinuxLabelAt,
    // OOM_SCORE_ADJ_MIN, OOM_SCORE_ADJ_MAX (include/uapi/linux/oom.h).
    oomScoreAdj: integerFrom(-1000, 1000),
    umask: integerFrom(0, 0o777),
    terminal: normalizeTerminal,
  },
  required: ['args'],
}

const DEFAULTS = Object.freeze({ env: Object.freeze([]), user: '', cwd: '/', umask: 0o022 })

/**
 * Checks a process and fills in its defaults. What is returned is a deeply frozen copy.
 * @throws `ConfigInvalid`, with the field's path, what was expected there and what came
 */
export function validateProcess(spec: unknown): ValidProcess {
  const filled: FilledProcess = Object.freeze({ ...DEFAULTS, ...recordAt(spec, 'process', PROCESS) })
  return filled as ValidProcess
}
