// Owns the places of hooks in the order of a start, and how each of the six kinds is run: by the parent at a gate or
// after all, by init in the container's namespaces, or by init right before it becomes the process.

import type { Hook, Hooks } from '../../config/command.ts'
import type { ValidConfig } from '../../config/container-config.ts'
import type { Slot } from '../../protocol/op.ts'
import type { CommandStep, HookStatus, HostAction } from '../launch-plan.ts'
import type { Planner } from '../planner.ts'
import { type Outputs, planCommand, planOutputs } from './command.ts'
import { haveCommands } from './mount-commands.ts'

/** Id of the gate at which the parent runs the hooks of its own namespaces. */
export const GATE_HOOKS = 4

/** What the hooks that init runs are given. */
export interface HookDescriptors {
  /** The state as createContainer hooks get it; null without such hooks. */
  readonly creating: Slot | null
  /** The same for startContainer. */
  readonly created: Slot | null
}

export function planHookDescriptors(p: Planner, { hooks }: ValidConfig): HookDescriptors {
  const state = (kind: 'createContainer' | 'startContainer', status: HookStatus): Slot | null =>
    hooks?.[kind]?.length
      ? p.descriptor({
          source: { kind: 'hook-state', status },
          reason: `the state, for the standard input of ${kind} hooks`,
          field: `hooks.${kind}`,
        })
      : null
  return { creating: state('createContainer', 'creating'), created: state('startContainer', 'created') }
}

/** Whether programs run that look for the container's files below the path of its root. */
export function showsRoot({ hooks, mounts }: ValidConfig): boolean {
  const { prestart = [], createRuntime = [], createContainer = [] } = hooks ?? {}
  return prestart.length + createRuntime.length + createContainer.length > 0 || haveCommands(mounts)
}

type HookKind = keyof Hooks

const STATUS: Readonly<Record<HookKind, HookStatus>> = {
  prestart: 'creating',
  createRuntime: 'creating',
  createContainer: 'creating',
  startContainer: 'created',
  poststart: 'running',
  poststop: 'stopped',
}

function hookLabel(kind: HookKind, index: number, { path, timeoutMs }: Hook, reason: string): CommandStep {
  return {
    name: 'run hook',
    object: path,
    reason: `${kind}: ${reason}`,
    field: `hooks.${kind}[${index}]`,
    command: { action: `run the ${kind} hook #${index}`, ...(timeoutMs !== undefined && { timeoutMs }) },
  }
}

/** The hooks that the parent of a first process runs before it begins. */
export function planRuntimeHooks({ hooks }: ValidConfig): readonly HostAction[] {
  return [
    ...hookActions(hooks, 'prestart', 'at the gate', 'the namespaces and mounts are there'),
    ...hookActions(hooks, 'createRuntime', 'at the gate', 'the namespaces and mounts are there'),
  ]
}

/** What is run by whoever lets the process begin. */
export function planPoststart({ hooks }: ValidConfig): readonly HostAction[] {
  return hookActions(hooks, 'poststart', 'after the start', 'the process runs')
}

/** What is run when a container was taken down. */
export function planPoststop({ hooks }: ValidConfig): readonly HostAction[] {
  return hookActions(hooks, 'poststop', 'after the end', 'nothing of the container is left')
}

function hookActions(
  hooks: Hooks | undefined,
  kind: HookKind,
  when: HostAction['when'],
  reason: string,
): readonly HostAction[] {
  return (hooks?.[kind] ?? []).map((hook, index) => ({
    when,
    ...hookLabel(kind, index, hook, reason),
    action: { kind: 'run-hook', hook, status: STATUS[kind] },
  }))
}

/** The state can be written when the pid is known, and only a hook inside reads it from a descriptor of the plan. */
export function planHookStates({ creating, created }: HookDescriptors): readonly HostAction[] {
  if (creating === null && created === null) return []
  return [
    {
      when: 'after the clone',
      name: 'write the state for hooks',
      reason: 'it has the pid, which is known by now',
      field: 'hooks',
      action: { kind: 'write-hook-states' },
    },
  ]
}

/** What runs before the root is switched, while the host's files are still in sight. `root` is the container's. */
export function planHooksBeforeRoot(
  p: Planner,
  config: ValidConfig,
  states: HookDescriptors,
  root: Slot,
): void {
  const { prestart = [], createRuntime = [], createContainer = [] } = config.hooks ?? {}
  if (prestart.length + createRuntime.length > 0) {
    p.step({
      name: 'wait for hooks of the host',
      reason: 'they find the namespaces by the pid, and the mounts as they will be',
      field: prestart.length > 0 ? 'hooks.prestart' : 'hooks.createRuntime',
    })
    p.ask('gate', [GATE_HOOKS])
  }
  createContainer.forEach((hook, index) => {
    planCommand(p, {
      label: hookLabel(
        'createContainer',
        index,
        hook,
        "in the container's namespaces, below the host's root",
      ),
      command: hook,
      env: hook.env ?? [],
      stdin: states.creating,
      outputs: 'apart',
      enter: () => {
        p.call('fchdir', [root])
        return undefined
      },
    })
  })
}

/** What startContainer hooks are given. */
export interface StartHookFiles {
  readonly state: Slot
  readonly outputs: Outputs
  /** All of them. */
  readonly slots: readonly Slot[]
}

/** Opened before anything is given up; null without such hooks. */
export function planStartHookFiles(p: Planner, { created }: HookDescriptors): StartHookFiles | null {
  if (created === null) return null
  p.step({ name: 'keep what hooks write', reason: 'an error shows it', field: 'hooks.startContainer' })
  const outputs = planOutputs(p, 'apart')
  return { state: created, outputs, slots: [created, outputs.stdout, outputs.stderr] }
}

/** What runs with the rights and limits of the process, its filter too, right before it. */
export function planStartHooks(
  p: Planner,
  config: ValidConfig,
  { state, outputs }: StartHookFiles,
  env: readonly string[],
  extraFiles: number,
): void {
  const hooks = config.hooks?.startContainer ?? []
  hooks.forEach((hook, index) => {
    planCommand(p, {
      label: startHookLabel(hook, index),
      command: hook,
      // Not in the specification; callers of runc count on it.
      env: hook.env?.length ? hook.env : env,
      stdin: state,
      outputs,
      announcement: { bytes: new Uint8Array(Uint32Array.of(index).buffer) },
      enter: () => {
        // Those of the process are open for it by now.
        for (let fd = FIRST_EXTRA; fd < FIRST_EXTRA + extraFiles; fd++) p.call('close', [fd])
        return undefined
      },
    })
  })
}

const FIRST_EXTRA = 3

/** Also for whoever releases a process that was prepared, and has not planned it. */
export function startHookLabel(hook: Hook, index: number): CommandStep {
  return {
    ...hookLabel('startContainer', index, hook, 'with the rights of the process, right before it'),
    hints: { ENOENT: 'it is looked for in the container', EPERM: 'the seccomp filter holds for it too' },
  }
}
