// Owns filling in the state of a container whose first process exists.

import { AT_FDCWD } from '../abi/flags.ts'
import type { ValidProcess } from '../config/container-config.ts'
import type { StateHead } from '../state/container-state.ts'
import type { Kernel } from '../system/kernel.ts'
import type { ProcessIdentity } from '../system/procfs.ts'
import { syscall } from '../system/syscall.ts'
import type { Instance } from './instance.ts'
import type { ProcessIo, Stdio } from './process-io.ts'

/** The state of a container that has no first process. */
export function unstarted(state: StateHead): StateHead {
  const { prepared: _, ...rest } = state
  return { ...rest, init_process_pid: 0, init_process_start: '' }
}

/** @param prepared what a first process that waits for its release will execute; undefined for one that does not */
export function runningState(
  { host, state }: Instance,
  { terminal }: ValidProcess,
  io: ProcessIo,
  { pid, startTime }: ProcessIdentity,
  prepared: StateHead['prepared'],
): StateHead {
  return {
    ...unstarted(state),
    init_process_pid: pid,
    init_process_start: startTime,
    ...(prepared && { prepared }),
    external_descriptors: io.stdio.map((stream) =>
      terminal ? '/dev/console' : describeStream(host.kernel, stream),
    ),
  }
}

function describeStream(kernel: Kernel, stream: Stdio): string {
  if (stream.kind === 'null') return '/dev/null'
  const target = new Uint8Array(4096)
  const length = syscall(kernel, 'readlinkat', AT_FDCWD, `/proc/self/fd/${stream.fd}`, target, target.length)
  return length < 0 ? '' : kernel.decodeText(target.subarray(0, length))
}
