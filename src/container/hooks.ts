// Owns what hooks are told about a container, and the hooks that run when it is gone.

import { textsAt } from '../config/validate/values/json-values.ts'
import { isLibcontainerError } from '../errors.ts'
import type { Cancellation } from '../launch/cancellation.ts'
import { type HookHost, runEveryHook, runHooks } from '../launch/hooks.ts'
import type { HookSupport } from '../launch/launch.ts'
import { OCI_VERSION } from '../oci/oci-version.ts'
import type { HookStatus } from '../plan/launch-plan.ts'
import { planPoststart, planPoststop } from '../plan/steps/hooks.ts'
import type { Instance } from './instance.ts'

function hookHost(instance: Instance, cancellation: Cancellation | null): HookHost {
  const { kernel, ignoredSignals, options } = instance.host
  return {
    kernel,
    ignoredSignals,
    directory: bundleOf(instance),
    env: textsAt(options.hookEnv ?? [], 'options.hookEnv'),
    describe: (status, pid) => formatHookState(instance, status, pid),
    cancellation,
    trace: options.trace,
  }
}

/** A container that was made from no bundle has its root in place of one. */
function bundleOf({ state }: Instance): string {
  return state.bundle ?? state.rootfs
}

/** The state as hooks read it (runtime.md, "State"). @param pid as the hook sees it; 0 for none */
function formatHookState(instance: Instance, status: HookStatus, pid: number): string {
  const { labels } = instance.state
  return JSON.stringify({
    ociVersion: OCI_VERSION,
    id: instance.id,
    status,
    ...(pid > 0 && { pid }),
    bundle: bundleOf(instance),
    ...(Object.keys(labels).length > 0 && { annotations: labels }),
  })
}

/** For a first start; null where no program of the host has a part in it. */
export function hookSupport(instance: Instance, cancellation: Cancellation | null): HookSupport | null {
  const {
    config,
    host: { caller },
  } = instance
  const mapsIds = caller.rights === 'user' && config.uidMappings !== undefined
  if (config.hooks === undefined && !mapsIds) return null
  const host = hookHost(instance, cancellation)
  return {
    describe: host.describe,
    run: (actions, when, subject) => runHooks(host, actions, when, subject),
  }
}

/** For a process that was prepared and runs by now. @throws LibcontainerError of the first that fails */
export function runPoststartHooks(instance: Instance, pid: number): Promise<void> {
  const actions = planPoststart(instance.config)
  return runHooks(hookHost(instance, null), actions, 'after the start', { pid, pidfd: -1 })
}

/** Runs the hooks for a container that is gone. What fails is a warning: there is nothing left to stop. */
export async function runPoststopHooks(instance: Instance): Promise<void> {
  if (!instance.state.poststop) return
  try {
    const failures = await runEveryHook(hookHost(instance, null), planPoststop(instance.config))
    instance.warnings.push(...failures)
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    instance.warnings.push(error)
  }
}
