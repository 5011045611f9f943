// Owns a container's cgroup on v2: one directory, whose controllers are handed out from above.

import { AT_FDCWD } from '../../abi/flags.ts'
import type { CgroupConfig } from '../../config/cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import { readText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { monotonicMs } from '../../system/reactor.ts'
import { makeCgroup, removeCgroup, unmakeCgroups } from '../cgroup-directories.ts'
import { killCgroupProcesses, readCgroupPids } from '../cgroup-processes.ts'
import type { Controller } from '../controller.ts'
import { enforceDeviceRules } from '../device-privilege.ts'
import type { DevicePrograms } from '../devices/device-programs.ts'
import type { CgroupPlace } from '../hierarchies.ts'
import type { CgroupManager, CgroupStats } from '../manager.ts'
import { type ManagerInput, UNIFIED } from '../manager-input.ts'
import { pidsController } from '../pids.ts'
import { refuseLoaded, refuseUsed } from '../refuse-cgroup.ts'
import { removeCgroups } from '../remove-cgroups.ts'
import { refuseLimit, type Setting, writeSettings } from '../settings.ts'
import { readCgroupEvents, waitForCgroupEvent } from './cgroup-events.ts'
import { cpuV2 } from './cpu.ts'
import { cpusetV2 } from './cpuset.ts'
import { applyDeviceRules } from './devices.ts'
import { freezeV2, isFrozenV2, thawV2 } from './freezer.ts'
import { handOutControllers } from './hand-out-controllers.ts'
import { memoryV2 } from './memory.ts'
import { openForClone } from './open-for-clone.ts'

/** In the order of writing. */
const CONTROLLERS: readonly Controller[] = [cpusetV2, memoryV2, cpuV2, pidsController]

interface V2Input extends ManagerInput {
  readonly places: readonly [CgroupPlace]
  readonly devicePrograms: DevicePrograms
}

export class CgroupV2Manager implements CgroupManager {
  readonly version = 2
  readonly paths: Readonly<Record<string, string>>
  readonly #kernel: Kernel
  readonly #place: CgroupPlace
  readonly #directory: string
  readonly #config: CgroupConfig | null
  readonly #timeoutMs: number
  readonly #devicePrograms: DevicePrograms

  constructor({ kernel, places: [place], config, timeoutMs, devicePrograms }: V2Input) {
    this.#kernel = kernel
    this.#devicePrograms = devicePrograms
    this.#place = place
    this.#directory = place.directory
    this.#config = config
    this.#timeoutMs = timeoutMs
    this.paths = Object.freeze({ [UNIFIED]: place.directory })
  }

  create(): void {
    const config = this.#config
    if (config === null) throw refuseLoaded(this.#directory)
    const settings = CONTROLLERS.flatMap((controller) => this.#plan(controller, config))
    const made: string[] = []
    try {
      makeCgroup(this.#kernel, this.#place, made)
      const wasMade = made.at(-1) === this.#directory
      if (!wasMade) this.#refuseUsed()
      handOutControllers(this.#kernel, this.#place, fieldByController(settings))
      writeSettings(this.#kernel, this.#directory, settings)
      const rules = config.devices ?? DEFAULT_DEVICE_RULES
      enforceDeviceRules(this.#kernel, config.devices === undefined, () =>
        applyDeviceRules(this.#kernel, this.#directory, rules, this.#devicePrograms, wasMade),
      )
    } catch (error) {
      unmakeCgroups(this.#kernel, made)
      throw error
    }
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

  isFrozen(): boolean {
    return isFrozenV2(this.#kernel, this.#directory)
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

  readStats(): CgroupStats {
    const present = readText(this.#kernel, `${this.#directory}/cgroup.controllers`).trim().split(' ')
    const stats = {}
    for (const { name, readStats } of CONTROLLERS) {
      const isThere = name === cpuV2.name || present.includes(name)
      if (isThere) Object.assign(stats, readStats?.(this.#kernel, this.#directory))
    }
    return stats
  }

  #plan(controller: Controller, config: CgroupConfig): readonly Setting[] {
    const settings = controller.planSettings(config)
    if (settings[0] === undefined || this.#place.controllers.includes(controller.name)) return settings
    const reason = `the ${controller.name} controller is not in ${this.#place.mountPoint}/cgroup.controllers`
    const hint =
      'the kernel has it disabled, or a v1 hierarchy holds it, or it is not delegated to this cgroup'
    throw refuseLimit(settings[0].field, reason, hint)
  }

  #refuseUsed(): void {
    const events = readCgroupEvents(this.#kernel, this.#directory)
    if (events?.frozen === 1n) throw refuseUsed(this.#directory, 'it is frozen')
    if (events?.populated !== 1n) return
    throw refuseUsed(this.#directory, `processes are in it: ${this.readPids().join(', ')}`)
  }
}

// A file is named after its controller: memory.max.
function fieldByController(settings: readonly Setting[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const { file, field } of settings) {
    const controller = file.slice(0, file.indexOf('.'))
    if (!fields.has(controller)) fields.set(controller, field)
  }
  return fields
}
