// Owns the plan of a later process in a running container: it joins all of its namespaces and its cgroup, and then
// is made a process in the same way as the first one. Pure.

import { CLONE_NEWPID } from '../abi/flags.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Slot } from '../protocol/op.ts'
import type { CgroupFacts, HostFacts } from './host-facts.ts'
import type { HostAction, LaunchPlan, Outset, Segments } from './launch-plan.ts'
import { chooseOverride } from './override.ts'
import { Planner } from './planner.ts'
import { type ProcessRequest, planProcess } from './process-plan.ts'
import { planCgroupDescriptors, planCgroupJoin } from './steps/cgroup.ts'
import { planProcessDescriptors } from './steps/exec.ts'
import { planOpenGate } from './steps/id-maps.ts'
import { planResctrlJoin } from './steps/intel-rdt.ts'
import { planProcessLabels } from './steps/labels.ts'
import {
  CLONE_FLAGS,
  hasNamespace,
  JOINED_FOR_CHILDREN,
  planFork,
  planLeaveGroups,
  planRootOfUserNamespace,
} from './steps/namespaces.ts'
import { planOomScore } from './steps/oom-score.ts'
import { planRaisedLimits } from './steps/rlimits.ts'
import { planChroot } from './steps/rootfs.ts'
import { planFinalAffinity, planInitialAffinity } from './steps/scheduling.ts'
import { planKeyring, planSession } from './steps/session.ts'
import { planTerminal } from './steps/terminal.ts'

/** How the start begins, which is known before the rest. */
export function execOutset(
  config: ValidConfig,
  caller: HostFacts['caller'],
  cgroup: CgroupFacts | null,
): Outset {
  const pidNamespace =
    hasNamespace(config, 'pid') && !entersPidByFork(config, caller)
      ? ({ kind: 'container-process' } as const)
      : null
  return { actions: [], clone: { flags: 0, intoCgroup: cgroup?.bornInside ?? false, pidNamespace } }
}

export function execPlan(request: ProcessRequest): LaunchPlan {
  const { config, process, facts } = request
  const p = new Planner()
  const sent = planDescriptors(p, request)
  const actions = [
    ...(hasNamespace(config, 'user')
      ? planRaisedLimits(chooseOverride('rlimits', process, config), facts)
      : []),
    ...planOomScore(process.oomScoreAdj, facts),
    ...planResctrlJoin(facts),
  ]
  return Object.freeze({
    outset: execOutset(config, facts.caller, facts.cgroup),
    actions,
    descriptors: p.descriptors,
    segments: planSegments(p, request, sent, actions),
  })
}

/** What the parent opens and sends along. */
function planDescriptors(p: Planner, { config, facts, descriptors }: ProcessRequest) {
  return {
    files: planProcessDescriptors(p, descriptors),
    tasks: planCgroupDescriptors(p, facts),
    container: p.descriptor({
      source: { kind: 'container-process' },
      reason: "the container's first process, whose namespaces are joined",
    }),
    root: hasNamespace(config, 'mount')
      ? null
      : p.descriptor({
          source: { kind: 'container-root' },
          reason: 'its root, as there is no mount namespace to join',
        }),
  }
}

function* planSegments(
  p: Planner,
  request: ProcessRequest,
  { files, tasks, container, root }: ReturnType<typeof planDescriptors>,
  actions: readonly HostAction[],
): Segments {
  const { config, process, facts } = request
  planOpenGate(p, actions)
  planProcessLabels(p, config, process, facts.arch)
  const affinity = process.cpuAffinity ?? config.execCpuAffinity
  const field = process.cpuAffinity ? 'process.cpuAffinity' : 'execCpuAffinity'
  planInitialAffinity(p, affinity, field, facts.cgroup?.bornInside ?? false)
  planCgroupJoin(p, tasks)
  planFinalAffinity(p, affinity, field, facts.cgroup !== null)
  planJoinContainer(p, config, facts, container)
  planSession(p, facts)
  if (root !== null) planChroot(p, root, 'namespaces')
  planKeyring(p, config, facts)
  // init joins while the rest is planned; where it asks for something, all comes at once, as in create-plan.ts.
  if (!p.asks) yield p.cut()
  const streams = planTerminal(p, config, process, files, facts.arch)
  yield* planProcess(p, request, streams, null)
}

/** One setns(2) by pidfd joins all at once; the kernel takes the user namespace first. */
function planJoinContainer(p: Planner, config: ValidConfig, facts: HostFacts, container: Slot): void {
  const forks = entersPidByFork(config, facts.caller)
  let flags = 0
  for (const { type } of config.namespaces) flags |= CLONE_FLAGS[type]
  if (!forks) flags &= ~CLONE_NEWPID
  if (flags === 0) return
  p.step({
    name: 'join the container',
    reason: forks
      ? 'all its namespaces at once'
      : 'all its namespaces at once; the pid namespace came with the clone',
  })
  const userNamespace = hasNamespace(config, 'user')
  if (userNamespace) planLeaveGroups(p, facts.caller)
  p.call('setns', [container, flags])
  if (userNamespace) planRootOfUserNamespace(p)
  if (forks) planFork(p, JOINED_FOR_CHILDREN, 'namespaces')
}

/** Only root of a user namespace may enter what belongs to it, so who is none enters after the user namespace. */
function entersPidByFork(config: ValidConfig, caller: HostFacts['caller']): boolean {
  return caller.rights === 'user' && hasNamespace(config, 'user') && hasNamespace(config, 'pid')
}
