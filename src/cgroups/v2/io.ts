// Owns the io controller of cgroup v2 (Documentation/admin-guide/cgroup-v2.rst, "IO").

import type { BlkioDeviceLimits, CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { ioMaxOf, lineOf } from '../previous-value.ts'
import { refuseLimit, type Setting } from '../settings.ts'

const HINTS = {
  ENODEV: 'there is no such block device',
  ENOENT: 'the kernel has neither the BFQ scheduler (modprobe bfq) nor a cost model of I/O',
  EOPNOTSUPP: 'the device is not scheduled by BFQ (/sys/block/DEVICE/queue/scheduler)',
}

/** Field by key of io.max. */
const RATES = [
  ['readBytesPerSecond', 'rbps'],
  ['writeBytesPerSecond', 'wbps'],
  ['readOperationsPerSecond', 'riops'],
  ['writeOperationsPerSecond', 'wiops'],
] as const

export const ioV2: Controller = {
  name: 'io',

  planSettings({ blkio }: CgroupConfig): readonly Setting[] {
    if (blkio === undefined) return []
    refuseLeafWeight('cgroup.blkio', blkio.leafWeight)
    const settings: Setting[] = []
    if (blkio.weight !== undefined) settings.push(planWeight('default', blkio.weight, 'cgroup.blkio.weight'))
    blkio.devices?.forEach((device, index) => {
      settings.push(...planDevice(device, `cgroup.blkio.devices[${index}]`))
    })
    return settings
  },
}

function planDevice(device: BlkioDeviceLimits, at: string): readonly Setting[] {
  refuseLeafWeight(at, device.leafWeight)
  const key = `${device.major}:${device.minor}`
  const settings: Setting[] = []
  if (device.weight !== undefined) settings.push(planWeight(key, device.weight, `${at}.weight`))
  for (const [name, word] of RATES) {
    const rate = device[name]
    if (rate === undefined) continue
    const value = `${key} ${word}=${rate < 0 ? 'max' : rate}`
    settings.push({ file: 'io.max', value, field: `${at}.${name}`, hints: HINTS, restore: ioMaxOf(key) })
  }
  return settings
}

// BFQ has the range of v1. Where the module is not loaded there is the weight of the cost model.
function planWeight(key: string, weight: number, field: string): Setting {
  const restore = lineOf(key, `${key} default`)
  const facts = { field, restore, hints: HINTS }
  const instead = { ...facts, file: 'io.weight', value: `${key} ${ioWeightOf(weight)}` }
  return { ...facts, file: 'io.bfq.weight', value: `${key} ${weight}`, instead }
}

/** The weight of v2 (1 to 10000) for one of v1 (10 to 1000): a line through the ends of both ranges. */
export function ioWeightOf(weight: number): number {
  return 1 + Math.trunc(((weight - 10) * 9999) / 990)
}

function refuseLeafWeight(at: string, leafWeight: number | undefined): void {
  if (leafWeight !== undefined) throw refuseLimit(`${at}.leafWeight`, 'cgroup v2 has no such limit')
}
