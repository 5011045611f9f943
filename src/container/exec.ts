// Owns starting one more process in a container that runs, and never the first one: whoever asks for that finds that
// the container has stopped.

import { loadSubCgroup } from '../cgroups/sub-cgroup.ts'
import type { ProcessSpec } from '../config/process.ts'
import { mapAt } from '../config/validate/values/record-at.ts'
import { textAt } from '../config/validate/values/scalar-at.ts'
import { type ErrorCode, LibcontainerError } from '../errors.ts'
import { type Instance, lockInstance, requireCgroup, statusNow } from './instance.ts'
import type { ProcessHandle } from './process.ts'
import { type StartOptions, startLater, validateStart } from './start.ts'

export interface ExecOptions extends StartOptions {
  /** Also in a paused container; then it starts when the container is resumed. @default false */
  readonly ignorePaused?: boolean
  /** Cgroups below the container's that are there already, by controller; '' for all. @default the container's */
  readonly subCgroups?: Readonly<Record<string, string>>
}

const ACTION = 'start a process in'

/**
 * @throws ConfigInvalid for the process or a cgroup; ContainerNotRunning; ContainerPaused; ContainerNotExists;
 * SystemError with the step and the field
 */
export async function execProcess(
  instance: Instance,
  spec: ProcessSpec,
  options: ExecOptions,
): Promise<ProcessHandle> {
  const process = validateStart(spec, options)
  const { ignorePaused = false, subCgroups } = options
  let unlock: (() => void) | null = await lockInstance(instance, 'shared', ACTION)
  try {
    const status = statusNow(instance)
    if (status === 'destroyed') throw stopped(instance)
    if (status === 'paused') {
      if (!ignorePaused) throw paused(instance)
      // It waits for the resume, which needs the lock.
      unlock()
      unlock = null
    }
    const cgroup =
      subCgroups === undefined
        ? instance.cgroup
        : loadSubCgroup(instance.host.kernel, requireCgroup(instance, ACTION), pathsAt(subCgroups))
    const handle = await startLater(instance, process, options, cgroup)
    if (handle === null) throw stopped(instance)
    return handle
  } finally {
    unlock?.()
  }
}

function pathsAt(subCgroups: unknown): Readonly<Record<string, string>> {
  return mapAt(subCgroups, 'subCgroups', 'paths of cgroups', (_, path, at) => textAt(path, at))
}

const stopped = (instance: Instance): LibcontainerError =>
  refuse(instance, 'ContainerNotRunning', 'cannot exec in a stopped container')

const paused = (instance: Instance): LibcontainerError =>
  refuse(
    instance,
    'ContainerPaused',
    'cannot exec in a paused container (use --ignore-paused to override): container paused',
  )

function refuse({ id }: Instance, code: ErrorCode, reason: string): LibcontainerError {
  return new LibcontainerError({ code, action: ACTION, object: id, reason })
}
