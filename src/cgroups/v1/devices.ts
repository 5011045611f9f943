// Owns the devices controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/devices.rst).

import type { CgroupConfig } from '../../config/cgroup.ts'
import { DEFAULT_DEVICE_RULES } from '../../config/defaults.ts'
import type { DeviceRule } from '../../config/device.ts'
import type { Controller } from '../controller.ts'
import { normalizeRule } from '../devices/normal-rule.ts'
import { planDeviceLists } from '../devices/plan-device-lists.ts'
import { refuseLimit, type Setting } from '../settings.ts'

const FIELD = 'cgroup.devices'
const HINTS = { EPERM: 'a cgroup above it refuses the device, or the caller lacks CAP_SYS_ADMIN' }

export const devicesV1: Controller = {
  name: 'devices',

  planSettings: ({ devices = DEFAULT_DEVICE_RULES }: CgroupConfig) =>
    devices === DEFAULT_DEVICE_RULES ? DEFAULT_SETTINGS : planDeviceSettings(devices),
}

/**
 * The writes that put rules into a new cgroup. The base comes first: it empties the list, so that what follows only
 * ever adds what the rules say.
 */
export function planDeviceSettings(rules: readonly DeviceRule[]): readonly Setting[] {
  const lists = planDeviceLists(rules.map(normalizeRule))
  if (lists === null) {
    const hint = 'allow single devices after denying all, or deny single devices after allowing all'
    throw refuseLimit(FIELD, 'cgroup v1 cannot hold these rules: they make exceptions from exceptions', hint)
  }
  const base: Setting = { file: `devices.${lists.base}`, value: 'a', field: FIELD, hints: HINTS }
  const file = lists.base === 'deny' ? 'devices.allow' : 'devices.deny'
  return [base, ...lists.exceptions.map((value) => ({ file, value, field: FIELD, hints: HINTS }))]
}

/** Of nearly all containers. */
const DEFAULT_SETTINGS = planDeviceSettings(DEFAULT_DEVICE_RULES)
