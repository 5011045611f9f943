// Owns a container's cgroup where systemd is the one who makes cgroups: a unit that systemd starts around the first
// process. All else is done in the files, by the manager of the cgroup version, whose directory is the unit's.

import { ERRNO } from '../../abi/errno.ts'
import { AT_FDCWD } from '../../abi/flags.ts'
import type { CgroupConfig } from '../../config/cgroup.ts'
import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { systemError } from '../../system/syscall.ts'
import type { CgroupStats, StatsName } from '../cgroup-stats.ts'
import type { EventSource } from '../event-source.ts'
import type { CgroupManager, CgroupUnit, MemoryPressureLevel } from '../manager.ts'
import { UNIFIED } from '../manager-input.ts'
import type { LimitChange } from '../plan-change.ts'
import { refuseLoaded } from '../refuse-cgroup.ts'
import { type Setting, writeSettings } from '../settings.ts'
import { directoryForClone } from '../v2/open-for-clone.ts'
import { planSettings } from '../v2/plan-settings.ts'
import type { Property } from './file-properties.ts'
import { attachToUnit, setUnitProperties, startUnit, stopUnit } from './systemd-client.ts'
import { ioWeightProperty, limitProperties, unitProperties } from './unit-properties.ts'

export interface SystemdInput {
  readonly kernel: Kernel
  /** The manager of the unit's cgroup. */
  readonly files: CgroupManager
  readonly unit: CgroupUnit
  /** null for a manager of saved paths. */
  readonly made: {
    readonly id: string
    readonly slice: string
    readonly config: CgroupConfig
    /** What else it asks of systemd, with the last word. */
    readonly asked: readonly Property[]
  } | null
}

export class SystemdCgroupManager implements CgroupManager {
  readonly version: 1 | 2
  readonly paths: Readonly<Record<string, string>>
  readonly unit: CgroupUnit
  readonly #kernel: Kernel
  readonly #files: CgroupManager
  readonly #made: SystemdInput['made']

  constructor({ kernel, files, unit, made }: SystemdInput) {
    this.version = files.version
    this.paths = files.paths
    this.unit = unit
    this.#kernel = kernel
    this.#files = files
    this.#made = made
  }

  /** A slice has no processes of its own; a scope must have one, and so begins in `createAround`. */
  async createAround(pid: number, begun: () => void): Promise<void> {
    if (this.#made === null) throw refuseLoaded(this.unit.name)
    const { id, slice, config, asked } = this.#made
    this.#files.refuseUsed(pid)
    const isScope = this.unit.name.endsWith('.scope')
    const properties = unitProperties(this.version, id, slice, isScope, pid)
    const limits = limitProperties(this.version, config)
    await startUnit(this.#kernel, this.unit.bus, this.unit.name, [...properties, ...limits, ...asked], begun)
    this.#files.create(pid)
    this.#join(pid)
    // How the weight is told depends on files that there were none of before.
    if (this.version === 2 && config.blkio?.weight !== undefined) await this.tell(config)
  }

  create(): void {
    throw refuseLoaded(this.unit.name)
  }

  refuseUsed(ours?: number): void {
    this.#files.refuseUsed(ours)
  }

  openForClone(init?: number): number {
    return this.#files.openForClone(init)
  }

  async attach(pid: number, init?: number): Promise<void> {
    const unit = this.paths[UNIFIED] as string
    const directory = directoryForClone(this.#kernel, unit, init)
    const below = directory.startsWith(`${unit}/`) ? directory.slice(unit.length) : '/'
    await attachToUnit(this.#kernel, this.unit.bus, this.unit.name, below, pid)
  }

  openForJoin(): readonly number[] {
    return this.#files.openForJoin()
  }

  freeze(): Promise<void> {
    return this.#files.freeze()
  }

  thaw(): Promise<void> {
    return this.#files.thaw()
  }

  readPids(): readonly number[] {
    return this.#files.readPids()
  }

  kill(): void {
    this.#files.kill()
  }

  /** The unit ends with its last process; what systemd does not know of is ours to remove. */
  async destroy(): Promise<void> {
    await this.#files.destroy()
    await stopUnit(this.#kernel, this.unit.bus, this.unit.name)
  }

  set(change: LimitChange): () => void {
    return this.#files.set(change)
  }

  async tell(config: CgroupConfig): Promise<void> {
    const properties = [...limitProperties(this.version, config), ...this.#ioWeight(config)]
    await setUnitProperties(this.#kernel, this.unit.bus, this.unit.name, properties)
    if (this.version === 2) this.#restoreUndone(config)
  }

  readStats(names?: readonly StatsName[]): CgroupStats {
    return this.#files.readStats(names)
  }

  watchOom(): EventSource<{ readonly kills: bigint }> {
    return this.#files.watchOom()
  }

  watchMemoryPressure(level: MemoryPressureLevel): EventSource<{ readonly level: MemoryPressureLevel }> {
    return this.#files.watchMemoryPressure(level)
  }

  #ioWeight(config: CgroupConfig): readonly Property[] {
    if (this.version === 1) return []
    const ofBfq = readTextIfExists(this.#kernel, `${this.paths[UNIFIED]}/io.bfq.weight`)
    return ioWeightProperty(config, ofBfq !== null)
  }

  // systemd writes the usual period where a quota is unlimited, and a weight of block devices, which ends those of
  // single ones.
  #restoreUndone(config: CgroupConfig): void {
    const isUndone = ({ file, value }: Setting): boolean =>
      file === 'cpu.max' ? /^max\s/.test(value) : file === 'io.bfq.weight'
    writeSettings(this.#kernel, this.paths[UNIFIED] as string, planSettings(config).filter(isUndone))
  }

  // systemd moves the process in the hierarchies that it knows, and on v1 those are not all.
  #join(pid: number): void {
    for (const directory of new Set(Object.values(this.paths))) {
      const result = this.#kernel.writeFile(AT_FDCWD, `${directory}/cgroup.procs`, 0, String(pid))
      if (result === 0 || result === -ERRNO.ENOENT) continue
      throw systemError(result, 'write', {
        action: 'join the cgroup',
        object: directory,
        field: 'cgroup.path',
      })
    }
  }
}
