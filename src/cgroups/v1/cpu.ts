// Owns the cpu controller of cgroup v1: shares, bandwidth, realtime (Documentation/scheduler/sched-bwc.rst,
// sched-rt-group.rst).

import type { CgroupConfig, CpuLimits } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { planBurst, planIdle } from '../cpu-settings.ts'
import { readCounter } from '../read-counters.ts'
import { refuseLimit, type Setting, writeSettings } from '../settings.ts'

const PARENT_IS_LOWER = 'a cgroup above it gives less'

export const cpuV1: Controller = {
  name: 'cpu',

  planSettings({ cpu }: CgroupConfig): readonly Setting[] {
    if (cpu === undefined) return []
    const settings: Setting[] = [...planRealtime(cpu)]
    settings.push(...planIdle(cpu))
    if (cpu.shares !== undefined && cpu.idle !== true) {
      settings.push({ file: 'cpu.shares', value: String(cpu.shares), field: 'cgroup.cpu.shares' })
    }
    if (cpu.periodMicros !== undefined) {
      const field = 'cgroup.cpu.periodMicros'
      settings.push({
        file: 'cpu.cfs_period_us',
        value: String(cpu.periodMicros),
        field,
        hints: { EINVAL: PARENT_IS_LOWER },
      })
    }
    if (cpu.quotaMicros !== undefined) {
      const field = 'cgroup.cpu.quotaMicros'
      settings.push({
        file: 'cpu.cfs_quota_us',
        value: String(cpu.quotaMicros),
        field,
        hints: { EINVAL: PARENT_IS_LOWER },
      })
    }
    settings.push(...planBurst(cpu, 'cpu.cfs_burst_us'))
    return settings
  },

  // A new cgroup has no realtime at all, and cannot give what it does not have.
  prepare(kernel, _place, { cpu }, parents) {
    if (cpu === undefined) return
    const settings = planRealtime(cpu)
    for (const parent of parents) writeSettings(kernel, parent, settings)
  },

  // The kernel does not refuse shares out of its range: it takes the nearest.
  confirm(kernel, { directory }, { cpu }) {
    if (cpu?.shares === undefined || cpu.idle === true) return
    const actual = Number(readCounter(kernel, `${directory}/cpu.shares`))
    if (actual === cpu.shares) return
    const bound = cpu.shares > actual ? 'maximum' : 'minimum'
    throw refuseLimit('cgroup.cpu.shares', `${cpu.shares} is out of range: the ${bound} allowed is ${actual}`)
  },
}

function planRealtime(cpu: CpuLimits): readonly Setting[] {
  const settings: Setting[] = []
  if (cpu.realtimePeriodMicros !== undefined) {
    const field = 'cgroup.cpu.realtimePeriodMicros'
    settings.push({ file: 'cpu.rt_period_us', value: String(cpu.realtimePeriodMicros), field })
  }
  if (cpu.realtimeRuntimeMicros !== undefined) {
    settings.push({
      file: 'cpu.rt_runtime_us',
      value: String(cpu.realtimeRuntimeMicros),
      field: 'cgroup.cpu.realtimeRuntimeMicros',
      hints: {
        EINVAL: 'the cgroup above it has less realtime left: see its cpu.rt_runtime_us',
        ENOENT: 'the kernel has no realtime groups (CONFIG_RT_GROUP_SCHED)',
      },
    })
  }
  return settings
}
