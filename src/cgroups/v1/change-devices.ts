// Owns changing the device rules of a cgroup v1 in use: from the list that it has to the one that it shall have, by
// the fewest writes, so that a device that stays allowed is never refused in between.

import type { DeviceRule } from '../../config/device.ts'
import { readText } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { type Setting, writeSettings } from '../settings.ts'
import { planDeviceSettings } from './devices.ts'

/** @throws LibcontainerError ConfigInvalid for rules that v1 cannot hold; SystemError, then the list is as before */
export function changeDeviceRules(kernel: Kernel, directory: string, rules: readonly DeviceRule[]): void {
  const settings = planDeviceSettings(rules)
  const before = readText(kernel, `${directory}/devices.list`)
  try {
    writeSettings(kernel, directory, planTransition(before, settings))
  } catch (error) {
    restoreList(kernel, directory, before)
    throw error
  }
}

/** From the text of devices.list to the settings of a new cgroup. Pure. */
export function planTransition(list: string, settings: readonly Setting[]): readonly Setting[] {
  const [base, ...exceptions] = settings
  // A list of what is refused is not shown by the kernel: then all is written anew.
  if (base === undefined || base.file !== 'devices.deny' || isAllowedAll(list)) return settings
  const before = accessByDevice(list.split('\n'))
  const after = accessByDevice(exceptions.map(({ value }) => value))
  const lines = (from: AccessByDevice, to: AccessByDevice, file: string): readonly Setting[] =>
    [...to].flatMap(([device, access]) => {
      const missing = [...access].filter((letter) => !from.get(device)?.includes(letter)).join('')
      return missing === '' ? [] : [{ ...base, file, value: `${device} ${missing}` }]
    })
  return [...lines(before, after, 'devices.allow'), ...lines(after, before, 'devices.deny')]
}

// Best effort: what the kernel refused in the first place was not added.
function restoreList(kernel: Kernel, directory: string, before: string): void {
  const base = { field: 'cgroup.devices' }
  const exceptions = before.split('\n').filter((line) => line !== '')
  const deny = { ...base, file: 'devices.deny', value: 'a' }
  const allow = exceptions.map((value) => ({ ...base, file: 'devices.allow', value }))
  const now = readText(kernel, `${directory}/devices.list`)
  try {
    writeSettings(kernel, directory, isAllowedAll(before) ? allow : planTransition(now, [deny, ...allow]))
  } catch {
    // The first error says more.
  }
}

type AccessByDevice = ReadonlyMap<string, string>

function accessByDevice(lines: readonly string[]): AccessByDevice {
  const devices = new Map<string, string>()
  for (const line of lines) {
    const [type, numbers, access] = line.split(' ')
    if (access !== undefined) devices.set(`${type} ${numbers}`, access)
  }
  return devices
}

function isAllowedAll(list: string): boolean {
  return list.startsWith('a ')
}
