// Owns the interface of a cgroup manager: what the container objects need of v1, v2 and systemd alike. Types only.

import type { CgroupConfig } from '../config/cgroup.ts'
import type { CgroupStats, StatsName } from './cgroup-stats.ts'
import type { EventSource } from './event-source.ts'
import type { LimitChange } from './plan-change.ts'

/** How short of memory a cgroup is. */
export type MemoryPressureLevel = 'low' | 'medium' | 'critical'

/** A unit of systemd. */
export interface CgroupUnit {
  /** `prefix-name.scope`. */
  readonly name: string
  /** Whose manager has it: the machine's or the user's own. */
  readonly bus: 'system' | 'user'
}

export interface CgroupManager {
  readonly version: 1 | 2
  /** The unit whose cgroup it is; null where we make the directories ourselves. */
  readonly unit: CgroupUnit | null
  /**
   * The directory of each controller (v1; a named hierarchy as `name=systemd`), or of `unified` (v2); of all of them
   * on a hybrid machine, where `version` is 1. Absolute.
   */
  readonly paths: Readonly<Record<string, string>>

  /**
   * Makes the directories and writes the limits, before any process joins. Undoes what it did when it fails.
   * @throws LibcontainerError SystemError with the field of the limit that the kernel refused; ConfigInvalid when the
   * directory holds processes already, or a limit's controller is missing
   * @param ours a process that may be in it already
   */
  create(ours?: number): void
  /**
   * Where there is a unit, in place of `create`: systemd makes a scope of a running process only. Does not take back
   * what it did when it fails: `destroy` does.
   * @param begun called once there is something to take back: not for a cgroup or a unit that is another's
   * @throws LibcontainerError SystemError; ConfigInvalid as `refuseUsed`
   */
  createAround?(pid: number, begun: () => void): Promise<void>
  /**
   * Refuses directories that are there already and are another's: with processes in them, or frozen.
   * @param ours a process that may be in it already
   * @throws LibcontainerError ConfigInvalid
   */
  refuseUsed(ours?: number): void
  /**
   * v2: the directory, for `CLONE_INTO_CGROUP`. Hybrid: the directory on v2, to be born there as well. v1: -1. Owned
   * by the caller.
   * @param init pid of the container's first process, for one that is started beside it: a container that manages
   * cgroups of its own has moved it below, and takes no processes where it began
   */
  openForClone(init?: number): number
  /**
   * Where there is a unit: has systemd move a process in that could not be born there, since its maker may not write
   * above both cgroups. So it is for a user in a session, whose units are in another part of the tree.
   * @param init as for `openForClone`
   */
  attach?(pid: number, init?: number): Promise<void>
  /**
   * v1: the `tasks` file of each hierarchy, open for writing, in which the single-threaded init writes `0` (a move of
   * oneself waits for no RCU grace period: speed.md 1.3); v2: none. Owned by the caller.
   */
  openForJoin(): readonly number[]
  /** Freezes every process and waits until the kernel says so. Thaws again when that fails or takes too long. */
  freeze(): Promise<void>
  thaw(): Promise<void>
  /** Pids in the cgroup and in those below it, in the caller's pid namespace. */
  readPids(): readonly number[]
  /** SIGKILL to every process in it and below, also when frozen; returns when the kernel was told. */
  kill(): void
  /** Waits until no process is left, then removes the cgroup, those below it, and the parents that we had made and that are empty. Nothing there is no error. */
  destroy(): Promise<void>
  /**
   * Changes limits while processes run. What was written is written back when it fails.
   * @returns how to take it back, as far as the kernel lets us
   * @throws LibcontainerError ConfigInvalid for a limit that this machine does not have; SystemError with the field
   */
  set(change: LimitChange): () => void
  /** Where there is a unit: tells systemd of limits that were set, or it would undo them. @throws LibcontainerError SystemError */
  tell?(config: CgroupConfig): Promise<void>
  /** @param names which figures; absent: all that are there */
  readStats(names?: readonly StatsName[]): CgroupStats
  /** Becomes ready when the kernel finds no more memory for the cgroup. @throws LibcontainerError ConfigInvalid without the controller; SystemError */
  watchOom(): EventSource<{ readonly kills: bigint }>
  /** Becomes ready when memory is short. @throws as `watchOom`; ConfigInvalid without PSI (v2) */
  watchMemoryPressure(level: MemoryPressureLevel): EventSource<{ readonly level: MemoryPressureLevel }>
}
