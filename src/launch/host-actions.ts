// Owns what the parent does on the host at its moments of a plan. Each deed that outlives the process is registered
// with its undo before it is done.

import type { CgroupManager } from '../cgroups/manager.ts'
import { isLibcontainerError } from '../errors.ts'
import type { NetworkDriver } from '../network/driver.ts'
import type { LinkNamespace } from '../network/netlink/link.ts'
import type { HostAction, JoinedNamespace } from '../plan/launch-plan.ts'
import type { ResctrlDriver } from '../resctrl/driver.ts'
import { closeFd } from '../system/fd.ts'
import { writeText } from '../system/files.ts'
import type { Kernel } from '../system/kernel.ts'
import { type Attempt, checked, syscall } from '../system/syscall.ts'
import { openNamespace } from './descriptors.ts'
import { relabelTree } from './relabel.ts'
import { type Trace, traceAction } from './trace.ts'
import type { UndoList } from './undo.ts'

/** The drivers and the child that actions work on. */
export interface ActionContext {
  readonly kernel: Kernel
  readonly cgroup: CgroupManager | null
  readonly network: NetworkDriver | null
  /** null: the plan has nothing to do with resctrl. */
  readonly resctrl: ResctrlDriver | null
  readonly undo: UndoList
  /** The child's pid, once it exists. */
  readonly pid: number
  /** Writes the state with the child in it. */
  readonly writeState: (pid: number) => void
  /** The same for the states that hooks inside read. */
  readonly writeHookStates: (pid: number) => void
  readonly trace: Trace | undefined
}

/** Commands take their time too: they are run by hooks.ts. */
export async function applyActions(
  actions: readonly HostAction[],
  when: HostAction['when'],
  context: ActionContext,
): Promise<void> {
  for (const planned of actions) {
    if (planned.when !== when) continue
    // The only one that takes its time.
    if (planned.action.kind === 'start-unit') await startUnit(context)
    else applyAction(planned, context)
    if (context.trace && planned.command === undefined) await traceAction(context.trace, planned)
  }
}

async function startUnit({ cgroup, undo, pid }: ActionContext): Promise<void> {
  await cgroup?.createAround?.(pid, () => undo.add(() => cgroup.destroy()))
}

function applyAction(planned: HostAction, context: ActionContext): void {
  const { kernel, cgroup, undo, pid, writeState } = context
  const { action, field } = planned
  const attempt = { action: planned.name, ...(field === undefined ? {} : { field }) }
  switch (action.kind) {
    case 'create-cgroup':
      // The manager undoes its own half when it fails: a cgroup that it refuses is not ours to remove.
      cgroup?.create()
      undo.add(() => cgroup?.destroy())
      return
    case 'relabel':
      relabelTree(kernel, action, field ?? 'mounts')
      return
    case 'write-id-map':
      writeText(kernel, `/proc/${pid}/${action.file}`, action.text, attempt)
      return
    case 'write-oom-score':
      writeOomScore(kernel, `/proc/${pid}/oom_score_adj`, action, { ...attempt, hint: OOM_SCORE_HINT })
      return
    case 'raise-rlimit': {
      const limit = new Uint8Array(new BigUint64Array([action.hard, action.hard]).buffer)
      checked(syscall(kernel, 'prlimit64', pid, action.resource, limit, null), 'prlimit64', attempt)
      return
    }
    case 'write-state':
      writeState(pid)
      return
    case 'write-hook-states':
      context.writeHookStates(pid)
      return
    case 'prepare-resctrl': {
      // As with a cgroup, it undoes its own half when it fails.
      const takeBack = context.resctrl?.make(action.group, action.settings)
      if (takeBack !== undefined) undo.add(takeBack)
      return
    }
    case 'join-resctrl':
      context.resctrl?.join(action.group, pid)
      return
    case 'start-unit':
    case 'map-ids':
    case 'run-hook':
      // Another moment's: see hooks.ts.
      return
    case 'create-veth':
      createVeth(action, field ?? 'networks', context)
      return
    case 'move-device':
      withNamespace(context, action.namespace, (target) =>
        context.network?.moveDevice(action.from, action.to, target, field ?? 'networks'),
      )
  }
}

const OOM_SCORE_HINT = "less than the calling program's own lowest value needs CAP_SYS_RESOURCE"

function writeOomScore(
  kernel: Kernel,
  file: string,
  { adjustment, mayBeRefused }: HostAction['action'] & { kind: 'write-oom-score' },
  attempt: Attempt,
): void {
  try {
    writeText(kernel, file, String(adjustment), attempt)
  } catch (error) {
    if (!mayBeRefused || !isLibcontainerError(error) || error.errno !== 'EACCES') throw error
  }
}

function createVeth(
  { pair, namespace }: HostAction['action'] & { kind: 'create-veth' },
  field: string,
  context: ActionContext,
): void {
  context.undo.add(() => context.network?.deleteVeth(pair.host))
  withNamespace(context, namespace, (target) => context.network?.createVeth(pair, target, field))
}

/** Hands over the network namespace: one that is joined, or the child's. */
function withNamespace(
  { kernel, pid }: ActionContext,
  namespace: JoinedNamespace | null,
  use: (target: LinkNamespace) => void,
): void {
  if (namespace === null) {
    use({ pid })
    return
  }
  const fd = openNamespace(kernel, namespace.path, namespace.cloneFlag, 'namespaces')
  try {
    use({ fd })
  } finally {
    closeFd(kernel, fd)
  }
}
