// Owns the last part of every plan, the same for the first process of a container and for later ones: from the
// knowledge of its user to execve. THE ORDER is planProcess, read from top to bottom.

import { signalNumber } from '../abi/signals.ts'
import type { ValidConfig, ValidProcess } from '../config/container-config.ts'
import { needsUserdb } from '../userdb/needs-userdb.ts'
import { resolveProcessUser } from '../userdb/resolve-process-user.ts'
import type { DescriptorFacts, HostFacts } from './host-facts.ts'
import type { Segments, Userdb } from './launch-plan.ts'
import { chooseOverride } from './override.ts'
import type { Planner } from './planner.ts'
import { planCredentials, planNoNewPrivileges } from './steps/credentials.ts'
import {
  type ProcessDescriptors,
  planCloseOnExec,
  planExecve,
  planExtraFiles,
  planLookup,
  planPipeOwner,
  planStdio,
  planWorkingDirectory,
  planWorkingDirectoryOfUser,
  processEnv,
} from './steps/exec.ts'
import { type HookDescriptors, planStartHookFiles, planStartHooks } from './steps/hooks.ts'
import { hasNamespace } from './steps/namespaces.ts'
import { mayLook } from './steps/post-mortem.ts'
import { planMortality, planRelease } from './steps/release.ts'
import { planRlimits } from './steps/rlimits.ts'
import { planScheduling } from './steps/scheduling.ts'
import { makesListener, planSeccomp, seccompFilterOf } from './steps/seccomp.ts'
import { planParentDeath, planUmask } from './steps/session.ts'
import { planStateWait } from './steps/state.ts'
import { planTerminalOwner } from './steps/terminal.ts'
import { planUserdb } from './steps/userdb.ts'

/** What is to be started, and with which descriptors. */
export interface ProcessRequest {
  readonly config: ValidConfig
  readonly process: ValidProcess
  readonly facts: HostFacts
  readonly descriptors: DescriptorFacts
}

/** A user that is a number needs none. */
const NO_USERDB: Userdb = { passwd: null, group: null }

/** The rest of a plan: at once where the user is known, else after a look-up inside. @param hooks the state for those that run right before the process; null for a later one */
export function* planProcess(
  p: Planner,
  request: ProcessRequest,
  files: ProcessDescriptors,
  hooks: HookDescriptors | null,
): Segments {
  const { config, process, facts } = request
  const { value: groups } = chooseOverride('additionalGroups', process, config)
  const need = needsUserdb(process.user, process.env, groups)
  let userdb = need === null ? NO_USERDB : facts.userdb
  if (userdb !== null) {
    if (hooks !== null) planStateWait(p)
  } else if (need !== null) {
    planUserdb(p, need)
    userdb = yield p.cut(need)
  }
  planAsUser(p, request, files, hooks, userdb ?? NO_USERDB)
  yield p.finish()
}

function planAsUser(
  p: Planner,
  request: ProcessRequest,
  files: ProcessDescriptors,
  hooks: HookDescriptors | null,
  userdb: Userdb,
): void {
  const { config, process, facts, descriptors } = request
  const groups = chooseOverride('additionalGroups', process, config)
  const user = resolveProcessUser(process.user, groups, userdb)
  const noNewPrivileges = chooseOverride('noNewPrivileges', process, config)
  const filter = seccompFilterOf(config, facts)
  // A filter that is there before the descriptors are closed may have no close_range.
  const mayClose = noNewPrivileges.value || filter === null

  const env = processEnv(process.env, user.home)

  const startHooks = hooks === null ? null : planStartHookFiles(p, hooks)
  planStdio(p, files, facts.arch)
  planPipeOwner(p, descriptors, files, user)
  planTerminalOwner(p, files.terminal, user.uid)
  planScheduling(p, process, config)
  planRlimits(p, chooseOverride('rlimits', process, config))
  const entered = planWorkingDirectory(p, process.cwd)
  if (files.release !== null) planMortality(p)
  if (!mayClose) planCloseOnExec(p)
  if (!noNewPrivileges.value) planSeccomp(p, config, filter)
  const inUserNamespace = hasNamespace(config, 'user') || facts.caller.rights !== 'root'
  planCredentials(p, user, chooseOverride('capabilities', process, config), inUserNamespace)
  planWorkingDirectoryOfUser(p, process.cwd, entered)
  planUmask(p, process.umask)
  if (config.parentDeathSignal !== undefined) planParentDeath(p, signalNumber(config.parentDeathSignal) ?? 0)
  planNoNewPrivileges(p, noNewPrivileges)
  const mayTell = mayLook(config.seccomp)
  const command = planLookup(p, process, mayTell)
  const kept = [...(files.release === null ? [] : [files.release]), ...(startHooks?.slots ?? [])]
  planExtraFiles(p, files, kept, mayClose)
  // Whoever prepares the process takes its listener along: the one who releases it may be another program.
  const early = files.release !== null && makesListener(filter)
  if (early && noNewPrivileges.value) planSeccomp(p, config, filter)
  if (files.release !== null) planRelease(p, files.release)
  if (!early && noNewPrivileges.value) planSeccomp(p, config, filter)
  if (startHooks !== null) planStartHooks(p, config, startHooks, env, files.extra.length)
  const toldTo = files.release === null ? 'maker' : 'releaser'
  planExecve(p, command, process, env, { toldTo, mayTell })
}
