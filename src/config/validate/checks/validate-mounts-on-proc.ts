// Owns the rule that /proc in a container is procfs (CVE-2019-16884: labels and kernel parameters are written to
// it). This reads the text only; where the links of the image lead is checked when a mount is attached.

import type { FilledConfig } from '../../container-config.ts'
import type { Mount } from '../../mount.ts'
import { refuseField } from '../values/refuse.ts'

/** Files that tools for containers cover with their own version; nothing privileged reads or writes them. */
const COVERABLE: ReadonlySet<string> = new Set([
  '/proc/cpuinfo',
  '/proc/diskstats',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/swaps',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/slabinfo',
  '/proc/sys/kernel/ns_last_pid',
  '/proc/sys/crypto/fips_enabled',
])

export function validateMountsOnProc(config: FilledConfig): void {
  config.mounts.forEach((mount, index) => {
    const { type, destination } = mount
    if (type === 'remount') return
    if (!destination.startsWith('/proc')) return
    const field = `mounts[${index}].destination`
    if (destination === '/proc') {
      if (!isProc(mount)) refuseField(field, 'only procfs may be mounted on "/proc"')
    } else if (destination.startsWith('/proc/') && !COVERABLE.has(destination)) {
      refuseField(field, `nothing may cover "${destination}"`)
    }
  })
}

function isProc(mount: Mount): boolean {
  return mount.type === 'proc' || (mount.type === 'bind' && 'source' in mount && mount.source === '/proc')
}
