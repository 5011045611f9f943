// Owns the blkio controller of cgroup v1 (Documentation/admin-guide/cgroup-v1/blkio-controller.rst). Weights are of
// the BFQ scheduler; leaf weights went with CFQ in Linux 5.0, and are written where a kernel still has them.

import type { BlkioDeviceLimits, CgroupConfig } from '../../config/cgroup.ts'
import type { Controller } from '../controller.ts'
import { lineOf } from '../previous-value.ts'
import type { Setting } from '../settings.ts'

const NO_DEVICE = 'there is no such block device'
const BFQ_HINTS = { ENOENT: 'the kernel has no BFQ scheduler (modprobe bfq)', ENODEV: NO_DEVICE }
const CFQ_HINTS = { ENOENT: 'leaf weights went with the CFQ scheduler, in Linux 5.0', ENODEV: NO_DEVICE }
const THROTTLE_HINTS = {
  ENOENT: 'the kernel does not throttle (CONFIG_BLK_DEV_THROTTLING)',
  ENODEV: NO_DEVICE,
}

/** Field by file, in the order of writing. */
const THROTTLES = [
  ['readBytesPerSecond', 'blkio.throttle.read_bps_device'],
  ['writeBytesPerSecond', 'blkio.throttle.write_bps_device'],
  ['readOperationsPerSecond', 'blkio.throttle.read_iops_device'],
  ['writeOperationsPerSecond', 'blkio.throttle.write_iops_device'],
] as const

export const blkioV1: Controller = {
  name: 'blkio',

  planSettings({ blkio }: CgroupConfig): readonly Setting[] {
    if (blkio === undefined) return []
    const settings: Setting[] = []
    if (blkio.weight !== undefined) {
      const value = String(blkio.weight)
      settings.push({ file: 'blkio.bfq.weight', value, field: 'cgroup.blkio.weight', hints: BFQ_HINTS })
    }
    if (blkio.leafWeight !== undefined) {
      const value = String(blkio.leafWeight)
      settings.push({ file: 'blkio.leaf_weight', value, field: 'cgroup.blkio.leafWeight', hints: CFQ_HINTS })
    }
    blkio.devices?.forEach((device, index) => {
      settings.push(...planDevice(device, `cgroup.blkio.devices[${index}]`))
    })
    return settings
  },
}

function planDevice(device: BlkioDeviceLimits, at: string): readonly Setting[] {
  const key = `${device.major}:${device.minor}`
  const settings: Setting[] = []
  if (device.weight !== undefined) {
    const restore = lineOf(key, `${key} default`)
    const value = `${key} ${device.weight}`
    const file = 'blkio.bfq.weight_device'
    settings.push({ file, value, field: `${at}.weight`, hints: BFQ_HINTS, restore })
  }
  if (device.leafWeight !== undefined) {
    const restore = lineOf(key, `${key} 0`)
    const value = `${key} ${device.leafWeight}`
    const file = 'blkio.leaf_weight_device'
    settings.push({ file, value, field: `${at}.leafWeight`, hints: CFQ_HINTS, restore })
  }
  for (const [name, file] of THROTTLES) {
    const rate = device[name]
    if (rate === undefined) continue
    // 0 takes the limit away.
    const value = `${key} ${rate < 0 ? 0 : rate}`
    const restore = lineOf(key, `${key} 0`)
    settings.push({ file, value, field: `${at}.${name}`, hints: THROTTLE_HINTS, restore })
  }
  return settings
}
