// Owns where the namespaces of a container are, as its state on disk has it for other programs. Pure: it is made when
// it is asked for, as there may be a thousand containers in memory.

import type { ValidConfig } from '../config/container-config.ts'
import type { NamespaceType } from '../config/namespace.ts'
import type { ContainerState, StateHead } from './container-state.ts'

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

/** The state as it is on disk, but for the configuration. Without a first process there are no paths. */
export function withNamespacePaths(
  head: StateHead,
  { namespaces }: ValidConfig,
): Omit<ContainerState, 'config'> {
  const { init_process_pid: pid } = head
  const paths: Record<string, string> = {}
  if (pid > 0) {
    for (const { key, file } of Object.values(NAMESPACES)) paths[key] = `/proc/${pid}/ns/${file}`
    for (const { type, path } of namespaces) if (path !== undefined) paths[NAMESPACES[type].key] = path
  }
  return { ...head, namespace_paths: paths }
}
