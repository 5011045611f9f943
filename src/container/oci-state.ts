// Owns the state of a container as the OCI runtime specification has it (runtime.md, "State"): what callers of a
// runtime and hooks read. Pure.

import { OCI_VERSION } from '../oci/oci-version.ts'
import type { StateHead } from '../state/container-state.ts'
import type { ContainerStatus } from './instance.ts'

/** `paused` and `rootfs`, `created` beside what the specification has are those of runc. */
export type OciStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped'

export interface OciState {
  readonly ociVersion: string
  readonly id: string
  /** In the pid namespace of the caller; 0 when it has stopped. */
  readonly pid: number
  readonly status: OciStatus
  /** '' for a container that was not made from a bundle. */
  readonly bundle: string
  readonly rootfs: string
  /** RFC 3339, with nanoseconds, in UTC. */
  readonly created: string
  readonly annotations?: Readonly<Record<string, string>>
}

const STATUS: Readonly<Record<ContainerStatus, OciStatus>> = {
  created: 'created',
  running: 'running',
  pausing: 'running',
  paused: 'paused',
  checkpointed: 'stopped',
  destroyed: 'stopped',
}

export function ociStatus(status: ContainerStatus): OciStatus {
  return STATUS[status]
}

export function ociState(
  { id, init_process_pid, bundle = '', created, rootfs, labels }: StateHead,
  status: OciStatus,
): OciState {
  const hasAnnotations = Object.keys(labels).length > 0
  return {
    ociVersion: OCI_VERSION,
    id,
    pid: status === 'stopped' ? 0 : init_process_pid,
    status,
    bundle,
    rootfs,
    created,
    ...(hasAnnotations && { annotations: labels }),
  }
}
