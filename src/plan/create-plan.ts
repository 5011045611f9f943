// Owns the plan of a container's first process. THE ORDER of a start is planSegments, read from top to bottom.
// Pure: everything about the host comes in as facts.

import { AT_FDCWD, O_CLOEXEC, O_DIRECTORY, O_PATH } from '../abi/flags.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { Slot } from '../protocol/op.ts'
import type { CgroupFacts, HostFacts } from './host-facts.ts'
import type { HostAction, LaunchPlan, Outset, Segments } from './launch-plan.ts'
import { chooseOverride } from './override.ts'
import { Planner } from './planner.ts'
import { type ProcessRequest, planProcess } from './process-plan.ts'
import { planCgroup, planCgroupDescriptors, planCgroupJoin, planUnit } from './steps/cgroup.ts'
import { planDevices } from './steps/devices.ts'
import { planMakeWorkingDirectory, planProcessDescriptors } from './steps/exec.ts'
import { planCovers, planMaskedPaths, planReadonlyPaths } from './steps/hidden-paths.ts'
import {
  type HookDescriptors,
  planHookDescriptors,
  planHookStates,
  planHooksBeforeRoot,
  planPoststart,
  planPoststop,
  planRuntimeHooks,
  showsRoot,
} from './steps/hooks.ts'
import { planIdMaps, planOpenGate } from './steps/id-maps.ts'
import { planResctrlGroup } from './steps/intel-rdt.ts'
import { planProcessLabels } from './steps/labels.ts'
import { planLongOptions } from './steps/long-options.ts'
import { planLoopback } from './steps/loopback.ts'
import { planMounts, planReadonlyMounts, planTreesOfRoot } from './steps/mounts.ts'
import { planMoves } from './steps/moved-devices.ts'
import {
  makesNamespace,
  planCgroupNamespace,
  planClone,
  planDeferredNamespaces,
  planJoins,
  planNamespaceDescriptors,
  planNamespacesOfRoot,
  planRootOfUserNamespace,
  planTimeNamespace,
} from './steps/namespaces.ts'
import { planNetworks, planVeths } from './steps/networks.ts'
import { planOomScore } from './steps/oom-score.ts'
import { planRelabels } from './steps/relabel.ts'
import { planRaisedLimits } from './steps/rlimits.ts'
import {
  planChroot,
  planCloseRoot,
  planEnterRoot,
  planIsolation,
  planReadonlyRoot,
  planRoot,
  staysSlave,
} from './steps/rootfs.ts'
import { planFinalAffinity, planInitialAffinity } from './steps/scheduling.ts'
import { planSentTrees, type SentTrees } from './steps/sent-trees.ts'
import { planKeyring, planSession } from './steps/session.ts'
import { STATE_WRITE } from './steps/state.ts'
import { planSysctls } from './steps/sysctl.ts'
import { planConsole, planTerminal } from './steps/terminal.ts'
import { planNames } from './steps/uts.ts'

/** How the start begins, which is known before the rest. */
export function createOutset(
  config: ValidConfig,
  caller: HostFacts['caller'],
  cgroup: CgroupFacts | null,
): Outset {
  return {
    actions: [...planRelabels(config), ...planCgroup(cgroup)],
    clone: planClone(config, caller, cgroup?.bornInside ?? false),
  }
}

export function createPlan(request: ProcessRequest): LaunchPlan {
  const { config, facts } = request
  const p = new Planner()
  const sent = planDescriptors(p, request)
  const actions = planActions(request, sent.hooks)
  return Object.freeze({
    outset: createOutset(config, facts.caller, facts.cgroup),
    actions: [...actions, STATE_WRITE],
    descriptors: p.descriptors,
    segments: planSegments(p, request, sent, actions),
  })
}

/** What the parent opens and sends along. */
function planDescriptors(p: Planner, { config, facts, descriptors }: ProcessRequest) {
  return {
    files: planProcessDescriptors(p, descriptors),
    tasks: planCgroupDescriptors(p, facts),
    joined: planNamespaceDescriptors(p, config, facts),
    trees: planSentTrees(p, config, facts),
    hooks: planHookDescriptors(p, config),
  }
}

function* planSegments(
  p: Planner,
  request: ProcessRequest,
  { files, tasks, joined, trees, hooks }: ReturnType<typeof planDescriptors>,
  actions: readonly HostAction[],
): Segments {
  const { config, process, facts } = request

  // Where and who init is.
  planOpenGate(p, actions)
  planSession(p, facts)
  planProcessLabels(p, config, process, facts.arch)
  planInitialAffinity(p, process.cpuAffinity, 'process.cpuAffinity', facts.cgroup?.bornInside ?? false)
  planCgroupJoin(p, tasks)
  planFinalAffinity(p, process.cpuAffinity, 'process.cpuAffinity', facts.cgroup !== null)
  planJoins(p, joined, facts)
  planDeferredNamespaces(p, config)
  if (makesNamespace(config, 'user')) {
    p.step({
      name: 'become root of the user namespace',
      reason: 'its ids are mapped by now',
      field: 'uidMappings',
    })
    planRootOfUserNamespace(p)
    planNamespacesOfRoot(p, config)
  }
  planCgroupNamespace(p, config)
  planTimeNamespace(p, config)
  planKeyring(p, config, facts)

  // What needs the host's /proc.
  planNames(p, config)
  planSysctls(p, config)
  planLoopback(p, config)
  planNetworks(p, config, facts)

  // What the container sees.
  const ownView = makesNamespace(config, 'mount')
  if (ownView) yield* planFilesystemView(p, request, trees, hooks)
  else planChrootOnly(p, request, trees, hooks)
  const streams = planTerminal(p, config, process, files, facts.arch)
  if (ownView) planConsole(p, streams.terminal, facts.arch)

  yield* planProcess(p, request, streams, hooks)
}

function planActions(
  { config, process, facts, descriptors }: ProcessRequest,
  hooks: HookDescriptors,
): readonly HostAction[] {
  return [
    ...planUnit(facts.cgroup),
    ...planIdMaps(config, facts),
    ...(makesNamespace(config, 'user')
      ? planRaisedLimits(chooseOverride('rlimits', process, config), facts)
      : []),
    ...planOomScore(process.oomScoreAdj, facts),
    ...planResctrlGroup(config, facts),
    ...planVeths(config, facts.hostInterfaces),
    ...planMoves(config),
    ...planHookStates(hooks),
    ...planRuntimeHooks(config),
    // One that is only prepared is started by its release.
    ...(descriptors.release ? [] : planPoststart(config)),
    ...planPoststop(config),
  ]
}

function* planFilesystemView(
  p: Planner,
  { config, facts, process }: ProcessRequest,
  sent: SentTrees,
  hooks: HookDescriptors,
): Segments {
  const isShown = showsRoot(config)
  planIsolation(p)
  const longOptions = planLongOptions(p, facts.arch, config.mounts)
  const trees = planTreesOfRoot(p, config, facts, sent.mounts)
  const hidden = isShown ? null : planCovers(p, config)
  const root = planRoot(p, config, facts, sent.root, isShown)
  planMounts(p, config, facts, root, trees, longOptions, process.env)
  // About half of it: init is at work on that while the rest is planned. Who asks gets all at once: an answer would
  // come behind the rest.
  if (!p.asks) yield p.cut()
  planDevices(p, config, process, facts, root)
  planMakeWorkingDirectory(p, root, process.cwd)
  planHooksBeforeRoot(p, config, hooks, root.fd)
  // Whoever enters the namespace gets what lies on the old root: nothing, as long as others may enter.
  const covers = isShown ? planCovers(p, config) : hidden
  if (isShown && !staysSlave(config)) planCloseRoot(p, root)
  planReadonlyMounts(p, config, root)
  planReadonlyRoot(p, config, root)
  planReadonlyPaths(p, config, root)
  planMaskedPaths(p, config, root, covers)
  // The covers lie on the old root, as a layer of their own.
  planEnterRoot(p, config, facts, root, covers === null ? 1 : 2)
}

/** Without a mount namespace of its own a container gets no mounts, but it still is kept in its root. */
function planChrootOnly(
  p: Planner,
  { config, facts }: ProcessRequest,
  sent: SentTrees,
  hooks: HookDescriptors,
): void {
  const root = sent.root ?? planOpenRoot(p, config, facts)
  planHooksBeforeRoot(p, config, hooks, root)
  planChroot(p, root, 'namespaces')
  if (sent.root === null) p.close(root)
}

function planOpenRoot(p: Planner, config: ValidConfig, facts: HostFacts): Slot {
  p.step({
    name: 'open the root',
    object: config.rootfs,
    reason: 'it becomes the root of the process',
    field: 'rootfs',
  })
  return p.open('openat', [AT_FDCWD, config.rootfs, O_PATH | O_CLOEXEC | O_DIRECTORY[facts.arch], 0])
}
