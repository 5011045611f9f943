// Owns a container's cgroups on v1 and hybrid machines: a directory in each hierarchy. On a hybrid machine v2 is one
// more of them: it limits nothing, but it kills all at once, whatever forks meanwhile.

import { AT_FDCWD, O_WRONLY } from '../../abi/flags.ts'
import type { CgroupConfig } from '../../config/cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import { LibcontainerError } from '../../errors.ts'
import { closeAll, openFd } from '../../system/fd.ts'
import type { Kernel } from '../../system/kernel.ts'
import { monotonicMs } from '../../system/reactor.ts'
import { makeCgroup, unmakeCgroups } from '../cgroup-directories.ts'
import { killCgroupProcesses, readCgroupPids } from '../cgroup-processes.ts'
import type { CgroupStats, StatsName } from '../cgroup-stats.ts'
import type { Controller } from '../controller.ts'
import { enforceDeviceRules, isDefaultRules, isRootOfMachine } from '../device-privilege.ts'
import type { EventSource } from '../event-source.ts'
import type { CgroupPlace } from '../hierarchies.ts'
import { hugetlbV1 } from '../hugetlb.ts'
import type { CgroupManager, MemoryPressureLevel } from '../manager.ts'
import { type ManagerInput, pathsOf, UNIFIED } from '../manager-input.ts'
import { miscController } from '../misc-limits.ts'
import { pidsController } from '../pids.ts'
import { type LimitChange, planChange } from '../plan-change.ts'
import { rdmaController } from '../rdma.ts'
import { refuseLoaded, refuseUsed } from '../refuse-cgroup.ts'
import { removeCgroups } from '../remove-cgroups.ts'
import { type Replaced, refuseLimit, restoreSettings, type Setting, writeSettings } from '../settings.ts'
import { readStats } from '../stats-readers.ts'
import { openForClone } from '../v2/open-for-clone.ts'
import { blkioV1 } from './blkio.ts'
import { changeDeviceRules } from './change-devices.ts'
import { cpuV1 } from './cpu.ts'
import { cpusetV1 } from './cpuset.ts'
import { devicesV1 } from './devices.ts'
import { watchMemoryPressureV1, watchOomV1 } from './event-control.ts'
import { freezeV1, isFrozenV1, stopForksV1, thawKilledV1, thawV1 } from './freezer.ts'
import { memoryV1 } from './memory.ts'
import { netClsV1, netPrioV1 } from './network.ts'
import { STATS_V1 } from './read-stats.ts'

/** In the order of writing. What only counts or groups (cpuacct, perf_event) is joined like the others. */
const CONTROLLERS: readonly Controller[] = [
  ...[cpusetV1, devicesV1, memoryV1, cpuV1, pidsController],
  ...[blkioV1, hugetlbV1, netClsV1, netPrioV1, rdmaController, miscController],
]
/** Where processes are looked for, by preference: the freezer first, as it stops exactly those. */
const WITNESSES = ['freezer', 'devices', 'pids', 'memory'] as const

interface Work {
  readonly controller: Controller
  readonly place: CgroupPlace
  readonly settings: readonly Setting[]
}

export class CgroupV1Manager implements CgroupManager {
  readonly version = 1
  readonly unit = null
  readonly paths: Readonly<Record<string, string>>
  readonly #kernel: Kernel
  readonly #places: readonly CgroupPlace[]
  #config: CgroupConfig | null
  readonly #timeoutMs: number

  constructor({ kernel, places, config, timeoutMs }: ManagerInput) {
    this.#kernel = kernel
    this.#places = places
    this.#config = config
    this.#timeoutMs = timeoutMs
    this.paths = pathsOf(places)
  }

  create(ours = 0): void {
    const config = this.#config
    if (config === null) throw refuseLoaded(this.#witness())
    const works = this.#planWorks(config, (controller) => controller.planSettings(config))
    const made: string[] = []
    try {
      for (const place of this.#places) this.#make(place, ours, made)
      for (const work of works) {
        const apply = () => this.#apply(work, config, made)
        if (work.controller === devicesV1) enforceDeviceRules(this.#kernel, config.devices, apply)
        else apply()
      }
    } catch (error) {
      unmakeCgroups(this.#kernel, made)
      throw error
    }
  }

  refuseUsed(ours = 0): void {
    for (const place of this.#places) this.#refuseUsed(place, ours)
  }

  openForClone(init?: number): number {
    const unified = this.paths[UNIFIED]
    return unified === undefined ? -1 : openForClone(this.#kernel, unified, init)
  }

  openForJoin(): readonly number[] {
    const fds: number[] = []
    try {
      for (const { controllers, directory } of this.#places) {
        if (controllers.includes(UNIFIED)) continue
        // 0 is the process that writes it.
        const attempt = { action: 'join by adding pid 0 to', object: `${directory}/tasks` }
        fds.push(openFd(this.#kernel, attempt.object, O_WRONLY, attempt))
      }
      return fds
    } catch (error) {
      closeAll(this.#kernel, fds)
      throw error
    }
  }

  async freeze(): Promise<void> {
    await freezeV1(this.#kernel, this.#freezer('freeze'), this.#timeoutMs)
  }

  async thaw(): Promise<void> {
    thawV1(this.#kernel, this.#freezer('thaw'))
  }

  readPids(): readonly number[] {
    return readCgroupPids(this.#kernel, this.#witness())
  }

  kill(): void {
    const { freezer } = this.paths
    const unified = this.paths[UNIFIED]
    // A process is born in v2 and joins v1; one that was moved by hand may be in v1 only. So neither is enough.
    if (unified !== undefined) this.#kernel.writeFile(AT_FDCWD, `${unified}/cgroup.kill`, 0, '1')
    if (this.readPids().length === 0) return
    if (freezer !== undefined) stopForksV1(this.#kernel, freezer)
    try {
      killCgroupProcesses(this.#kernel, this.#witness())
    } finally {
      if (freezer !== undefined) thawKilledV1(this.#kernel, freezer)
    }
  }

  async destroy(): Promise<void> {
    const deadline = monotonicMs(this.#kernel) + this.#timeoutMs

    await removeCgroups(this.#kernel, this.#places, deadline)
  }

  set(change: LimitChange): () => void {
    const works = this.#planWorks(change.after, (controller) =>
      controller === devicesV1 ? [] : planChange((config) => controller.planSettings(config), change),
    ).filter(({ settings }) => settings.length > 0)
    for (const { controller, place } of works) controller.check?.(this.#kernel, place.directory, change.after)
    const replaced: Replaced[] = []
    try {
      for (const { controller, place, settings } of works) {
        writeSettings(this.#kernel, place.directory, settings, replaced)
        controller.confirm?.(this.#kernel, place, change.after)
      }
      const { devices } = change.given
      if (devices !== undefined) changeDeviceRules(this.#kernel, this.#directoryFor('devices'), devices)
    } catch (error) {
      restoreSettings(this.#kernel, replaced)
      throw error
    }
    if (this.#config !== null) this.#config = change.after
    return () => this.#takeBack(change, replaced)
  }

  readStats(names?: readonly StatsName[]): CgroupStats {
    return readStats(
      this.#kernel,
      STATS_V1,
      names ?? null,
      this.paths,
      (controller) => this.paths[controller],
    )
  }

  watchOom(): EventSource<{ readonly kills: bigint }> {
    return watchOomV1(this.#kernel, this.#directoryFor('memory'))
  }

  watchMemoryPressure(level: MemoryPressureLevel): EventSource<{ readonly level: MemoryPressureLevel }> {
    return watchMemoryPressureV1(this.#kernel, this.#directoryFor('memory'), level)
  }

  // Everything that can be refused without touching anything is refused here.
  #planWorks(config: CgroupConfig, plan: (controller: Controller) => readonly Setting[]): readonly Work[] {
    if (config.unified !== undefined)
      throw refuseLimit(
        'cgroup.unified',
        'invalid configuration: the controllers of this machine are on cgroup v1',
      )
    const works: Work[] = []
    for (const controller of CONTROLLERS) {
      const settings = plan(controller)
      const place = this.#places.find(({ controllers }) => controllers.includes(controller.name))
      if (place !== undefined) works.push({ controller, place, settings })
      else if (settings[0] !== undefined && !this.#isDispensable(controller, config)) {
        const reason = `the ${controller.name} controller is not mounted on v1`
        throw refuseLimit(
          settings[0].field,
          reason,
          'mount it; what v2 has of it on a hybrid machine is not used',
        )
      }
    }
    return works
  }

  #isDispensable(controller: Controller, config: CgroupConfig): boolean {
    return controller === devicesV1 && isDefaultRules(config.devices) && !isRootOfMachine(this.#kernel)
  }

  #make(place: CgroupPlace, ours: number, made: string[]): void {
    makeCgroup(this.#kernel, place, made)
    if (made.at(-1) !== place.directory) this.#refuseUsed(place, ours)
  }

  #refuseUsed(place: CgroupPlace, ours: number): void {
    const pids = readCgroupPids(this.#kernel, place.directory).filter((pid) => pid !== ours)
    if (pids.length > 0)
      throw refuseUsed(place.directory, `container's cgroup is not empty: ${pids.join(', ')}`)
    const isFrozen = place.controllers.includes('freezer') && isFrozenV1(this.#kernel, place.directory)
    if (isFrozen) throw refuseUsed(place.directory, "container's cgroup unexpectedly frozen")
  }

  #apply({ controller, place, settings }: Work, config: CgroupConfig, made: readonly string[]): void {
    const parents = made.filter((directory) => place.directory.startsWith(`${directory}/`))
    controller.prepare?.(this.#kernel, place, config, parents)
    writeSettings(this.#kernel, place.directory, settings)
    controller.confirm?.(this.#kernel, place, config)
  }

  #witness(): string {
    for (const name of WITNESSES) if (this.paths[name] !== undefined) return this.paths[name]
    return this.#places[0]?.directory ?? ''
  }

  #takeBack({ before, given }: LimitChange, replaced: readonly Replaced[]): void {
    if (this.#config !== null) this.#config = before
    restoreSettings(this.#kernel, replaced)
    if (given.devices === undefined) return
    const rules = before.devices ?? DEFAULT_DEVICE_RULES
    changeDeviceRules(this.#kernel, this.#directoryFor('devices'), rules)
  }

  #directoryFor(controller: string): string {
    const directory = this.paths[controller]
    if (directory !== undefined) return directory
    throw refuseLimit('cgroup', `the ${controller} controller is not mounted on v1`)
  }

  #freezer(verb: string): string {
    const { freezer } = this.paths
    if (freezer !== undefined) return freezer
    const reason = 'the freezer controller is not mounted'
    throw new LibcontainerError({ code: 'SystemError', action: `${verb} the container`, reason })
  }
}
