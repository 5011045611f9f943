// Owns a container's cgroup on v2: one directory, whose controllers are handed out from above.

import { AT_FDCWD } from '../../abi/flags.ts'
import type { CgroupConfig } from '../../config/cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import { readText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { monotonicMs } from '../../system/reactor.ts'
import { makeCgroup, removeCgroup, unmakeCgroups } from '../cgroup-directories.ts'
import { killCgroupProcesses, readCgroupPids } from '../cgroup-processes.ts'
import type { CgroupStats, StatsName } from '../cgroup-stats.ts'
import { enforceDeviceRules } from '../device-privilege.ts'
import type { DevicePrograms } from '../devices/device-programs.ts'
import type { EventSource } from '../event-source.ts'
import type { CgroupPlace } from '../hierarchies.ts'
import type { CgroupManager, MemoryPressureLevel } from '../manager.ts'
import { type ManagerInput, UNIFIED } from '../manager-input.ts'
import { type LimitChange, planChange } from '../plan-change.ts'
import { refuseLoaded, refuseUsed } from '../refuse-cgroup.ts'
import { removeCgroups } from '../remove-cgroups.ts'
import { type Replaced, refuseLimit, restoreSettings, type Setting, writeSettings } from '../settings.ts'
import { readStats } from '../stats-readers.ts'
import { readCgroupEvents, waitForCgroupEvent } from './cgroup-events.ts'
import { applyDeviceRules } from './devices.ts'
import { freezeV2, thawV2 } from './freezer.ts'
import { handOutControllers } from './hand-out-controllers.ts'
import { handOver } from './hand-over.ts'
import { openForClone } from './open-for-clone.ts'
import { CONTROLLERS_V2, planSettings } from './plan-settings.ts'
import { STATS_V2 } from './read-stats.ts'
import { watchMemoryPressureV2, watchOomV2 } from './watch-memory.ts'

interface V2Input extends ManagerInput {
  readonly places: readonly [CgroupPlace]
  readonly devicePrograms: DevicePrograms
  /** Whose the cgroup becomes; null: it stays the caller's. */
  readonly owner: number | null
}

export class CgroupV2Manager implements CgroupManager {
  readonly version = 2
  readonly unit = null
  readonly paths: Readonly<Record<string, string>>
  readonly #kernel: Kernel
  readonly #place: CgroupPlace
  readonly #directory: string
  #config: CgroupConfig | null
  readonly #timeoutMs: number
  readonly #devicePrograms: DevicePrograms
  readonly #owner: number | null

  constructor({ kernel, places: [place], config, timeoutMs, devicePrograms, owner }: V2Input) {
    this.#kernel = kernel
    this.#devicePrograms = devicePrograms
    this.#owner = owner
    this.#place = place
    this.#directory = place.directory
    this.#config = config
    this.#timeoutMs = timeoutMs
    this.paths = Object.freeze({ [UNIFIED]: place.directory })
  }

  create(ours = 0): void {
    const config = this.#config
    if (config === null) throw refuseLoaded(this.#directory)
    const settings = planSettings(config)
    this.#refuseMissing(settings, this.#place.controllers, this.#place.mountPoint)
    const made: string[] = []
    try {
      makeCgroup(this.#kernel, this.#place, made)
      const wasMade = made.at(-1) === this.#directory
      if (!wasMade) this.refuseUsed(ours)
      handOutControllers(this.#kernel, this.#place, fieldByController(settings))
      writeSettings(this.#kernel, this.#directory, settings)
      const rules = config.devices ?? DEFAULT_DEVICE_RULES
      enforceDeviceRules(this.#kernel, config.devices, () =>
        applyDeviceRules(this.#kernel, this.#directory, rules, this.#devicePrograms, wasMade),
      )
      if (this.#owner !== null) handOver(this.#kernel, this.#directory, this.#owner)
    } catch (error) {
      unmakeCgroups(this.#kernel, made)
      throw error
    }
  }

  refuseUsed(ours = 0): void {
    const events = readCgroupEvents(this.#kernel, this.#directory)
    if (events?.frozen === 1n) throw refuseUsed(this.#directory, "container's cgroup unexpectedly frozen")
    if (events?.populated !== 1n) return
    const pids = this.readPids().filter((pid) => pid !== ours)
    if (pids.length > 0)
      throw refuseUsed(this.#directory, `container's cgroup is not empty: ${pids.join(', ')}`)
  }

  openForClone(init?: number): number {
    return openForClone(this.#kernel, this.#directory, init)
  }

  openForJoin(): readonly number[] {
    return []
  }

  freeze(): Promise<void> {
    return freezeV2(this.#kernel, this.#directory, this.#timeoutMs)
  }

  thaw(): Promise<void> {
    return thawV2(this.#kernel, this.#directory, this.#timeoutMs)
  }

  readPids(): readonly number[] {
    return readCgroupPids(this.#kernel, this.#directory)
  }

  kill(): void {
    const result = this.#kernel.writeFile(AT_FDCWD, `${this.#directory}/cgroup.kill`, 0, '1')
    if (result === 0) return
    // Before Linux 5.14 there is no such file; and there is none where there is no cgroup.
    killCgroupProcesses(this.#kernel, this.#directory)
  }

  async destroy(): Promise<void> {
    const deadline = monotonicMs(this.#kernel) + this.#timeoutMs
    if (removeCgroup(this.#kernel, this.#directory) < 0) {
      await waitForCgroupEvent(this.#kernel, this.#directory, 'populated', 0n, this.#timeoutMs)
    }
    await removeCgroups(this.#kernel, [this.#place], deadline)
  }

  set(change: LimitChange): () => void {
    const settings = planChange(planSettings, change)
    this.#refuseMissing(settings, this.#presentControllers(), this.#directory)
    for (const { check } of CONTROLLERS_V2) check?.(this.#kernel, this.#directory, change.after)
    const replaced: Replaced[] = []
    try {
      writeSettings(this.#kernel, this.#directory, settings, replaced)
      const { devices } = change.given
      if (devices !== undefined)
        applyDeviceRules(this.#kernel, this.#directory, devices, this.#devicePrograms, false)
    } catch (error) {
      restoreSettings(this.#kernel, replaced)
      throw error
    }
    if (this.#config !== null) this.#config = change.after
    return () => this.#takeBack(change, replaced)
  }

  readStats(names?: readonly StatsName[]): CgroupStats {
    const controllers = ['', ...this.#presentControllers()]
    return readStats(this.#kernel, STATS_V2, names ?? null, this.paths, (controller) =>
      controllers.includes(controller) ? this.#directory : undefined,
    )
  }

  watchOom(): EventSource<{ readonly kills: bigint }> {
    if (this.#presentControllers().includes('memory')) return watchOomV2(this.#kernel, this.#directory)
    throw refuseLimit('cgroup', `the memory controller is not in ${this.#directory}/cgroup.controllers`)
  }

  watchMemoryPressure(level: MemoryPressureLevel): EventSource<{ readonly level: MemoryPressureLevel }> {
    return watchMemoryPressureV2(this.#kernel, this.#directory, level)
  }

  #takeBack({ before, given }: LimitChange, replaced: readonly Replaced[]): void {
    if (this.#config !== null) this.#config = before
    restoreSettings(this.#kernel, replaced)
    if (given.devices === undefined) return
    const rules = before.devices ?? DEFAULT_DEVICE_RULES
    applyDeviceRules(this.#kernel, this.#directory, rules, this.#devicePrograms, false)
  }

  #presentControllers(): readonly string[] {
    return readText(this.#kernel, `${this.#directory}/cgroup.controllers`).trim().split(' ')
  }

  #refuseMissing(settings: readonly Setting[], controllers: readonly string[], directory: string): void {
    for (const { file, field } of settings) {
      const controller = controllerOf(file)
      if (controller === CORE || controllers.includes(controller)) continue
      const reason = `the ${controller} controller is not in ${directory}/cgroup.controllers`
      const hint =
        'the kernel has it disabled, or a v1 hierarchy holds it, or it is not delegated to this cgroup'
      throw refuseLimit(field, reason, hint)
    }
  }
}

/** Files of this name are there without a controller. */
const CORE = 'cgroup'

// A file is named after its controller: memory.max.
function controllerOf(file: string): string {
  return file.slice(0, file.indexOf('.'))
}

function fieldByController(settings: readonly Setting[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const { file, field } of settings) {
    const controller = controllerOf(file)
    if (!fields.has(controller)) fields.set(controller, field)
  }
  return fields
}
