// Owns the cpu controller of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst, "CPU").

import type { CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { planBurst, planIdle } from '../cpu-settings.ts'
import { refuseLimit, type Setting } from '../settings.ts'

const DEFAULT_PERIOD_MICROS = 100_000

export const cpuV2: Controller = {
  name: 'cpu',

  planSettings({ cpu }: CgroupConfig): readonly Setting[] {
    if (cpu === undefined) return []
    for (const key of ['realtimeRuntimeMicros', 'realtimePeriodMicros'] as const) {
      if (cpu[key] !== undefined) throw refuseLimit(`cgroup.cpu.${key}`, 'cgroup v2 has no such limit')
    }
    const settings: Setting[] = [...planIdle(cpu)]
    if (cpu.shares !== undefined && cpu.idle !== true) {
      settings.push({
        file: 'cpu.weight',
        value: String(weightOfShares(cpu.shares)),
        field: 'cgroup.cpu.shares',
      })
    }
    if (cpu.quotaMicros !== undefined || cpu.periodMicros !== undefined) {
      const quota = cpu.quotaMicros === undefined || cpu.quotaMicros < 0 ? 'max' : cpu.quotaMicros
      settings.push({
        file: 'cpu.max',
        value: `${quota} ${cpu.periodMicros ?? DEFAULT_PERIOD_MICROS}`,
        field: cpu.quotaMicros === undefined ? 'cgroup.cpu.periodMicros' : 'cgroup.cpu.quotaMicros',
      })
    }
    settings.push(...planBurst(cpu, 'cpu.max.burst'))
    return settings
  },
}

/**
 * The weight of v2 (1 to 10000, 100 by default) for shares of v1 (2 to 262144, 1024 by default): a curve through the
 * ends and the defaults of both ranges, the same that the other runtimes use since 2025.
 */
export function weightOfShares(shares: number): number {
  if (shares <= 2) return 1
  if (shares >= 262_144) return 10_000
  const log = Math.log2(shares)
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34))
}
