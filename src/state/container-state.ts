// Owns the type of a container's state as it is on disk. The keys of the original library are kept as they were;
// ours stand beside them. Types only.

import type { ValidConfig } from '../config/container-config.ts'
import type { ResctrlGroup } from '../config/intel-rdt.ts'
import type { HostInterface } from '../config/network.ts'

/** Raised when a reader of the version before could not understand a file. */
export const STATE_VERSION = 2

/** What every command reads: all but the configuration, of which it has what is needed to look, to kill and to remove. */
export interface StateHead {
  readonly state_version: typeof STATE_VERSION
  readonly id: string
  /** 0 until the first process was started. */
  readonly init_process_pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat, as text; '' until the first process was started. */
  readonly init_process_start: string
  /** When the container was created, RFC 3339 in UTC. With the creator it tells containers of one id apart. */
  readonly created: string
  /** Who created it: as long as that process lives and has started nothing, the container is its own affair. */
  readonly creator: { readonly pid: number; readonly start: string }
  /** The directory of each controller; known before the directories are made, so that whoever finds this can remove them. */
  readonly cgroup_paths: Readonly<Record<string, string>>
  /** The unit of systemd that has the cgroup. Absent: we have made the directories ourselves. */
  readonly cgroup_unit?: { readonly name: string; readonly bus: 'system' | 'user' }
  /** The host's ends of its veth networks; known before they are made, for the same reason. Absent: none. */
  readonly host_interfaces?: readonly HostInterface[]
  /** Its groups in resctrl; known before they are made, for the same reason. Absent: none. */
  readonly resctrl?: ResctrlGroup
  /** The OCI bundle that it was made from. */
  readonly bundle?: string
  readonly rootfs: string
  readonly labels: Readonly<Record<string, string>>
  /** It has a pid namespace of its own: everybody in it ends with the first process. */
  readonly own_pids?: true
  /** It has hooks for when it is gone. */
  readonly poststop?: true
  /** Its first process was prepared: until somebody releases it, it listens at `release.sock` beside this file. */
  readonly prepared?: { readonly command: string }
  /** Its first process is given the socket of `notify`, a directory beside this file. Absent: there is none. */
  readonly notify_socket?: true
  /** What descriptors 0, 1 and 2 of the first process were, as links of /proc/PID/fd. */
  readonly external_descriptors?: readonly string[]
}

/** All that is on disk. */
export interface ContainerState extends StateHead {
  /** `NEWNET` and so on: a configured path, else that of the first process. Empty until it was started. */
  readonly namespace_paths: Readonly<Record<string, string>>
  readonly config: ValidConfig
}
