// Owns filling in the state of a container whose first process exists.

import { AT_FDCWD } from '../abi/flags.ts'
import type { ValidProcess } from '../config/container-config.ts'
import type { NamespaceType } from '../config/namespace.ts'
import type { StateHead } from '../state/container-state.ts'
import type { Kernel } from '../system/kernel.ts'
import type { ProcessIdentity } from '../system/procfs.ts'
import { syscall } from '../system/syscall.ts'
import type { Instance } from './instance.ts'
import type { ProcessIo, Stdio } from './process-io.ts'

/** The keys of the original library, with the name of each under /proc/PID/ns. */
const NAMESPACES: Readonly<Record<NamespaceType, { readonly key: string; readonly file: string }>> = {
  network: { key: 'NEWNET', file: 'net' },
  pid: { key: 'NEWPID', file: 'pid' },
  mount: { key: 'NEWNS', file: 'mnt' },
  uts: { key: 'NEWUTS', file: 'uts' },
  ipc: { key: 'NEWIPC', file: 'ipc' },
  user: { key: 'NEWUSER', file: 'user' },
  cgroup: { key: 'NEWCGROUP', file: 'cgroup' },
  time: { key: 'NEWTIME', file: 'time' },
}

/** The state of a container that has no first process. */
export function unstarted(state: StateHead): StateHead {
  const { prepared: _, ...rest } = state
  return { ...rest, init_process_pid: 0, init_process_start: '', namespace_paths: {} }
}

/** @param prepared what a first process that waits for its release will execute; undefined for one that does not */
export function runningState(
  { host, state, config }: Instance,
  { terminal }: ValidProcess,
  io: ProcessIo,
  { pid, startTime }: ProcessIdentity,
  prepared: StateHead['prepared'],
): StateHead {
  const paths: Record<string, string> = {}
  for (const { key, file } of Object.values(NAMESPACES)) paths[key] = `/proc/${pid}/ns/${file}`
  for (const { type, path } of config.namespaces) if (path !== undefined) paths[NAMESPACES[type].key] = path
  return {
    ...unstarted(state),
    init_process_pid: pid,
    init_process_start: startTime,
    namespace_paths: paths,
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
