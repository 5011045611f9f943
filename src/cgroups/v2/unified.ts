// Owns what of a configuration only cgroup v2 has (files written as they are), and what it does not have at all.

import type { CgroupConfig } from '../../config/cgroup.ts'
import { fieldOfKey } from '../field-of-key.ts'
import { ioMaxOf, lineOf } from '../previous-value.ts'
import { refuseLimit, type Setting } from '../settings.ts'

/** The writes of `unified`, one for each line: files such as io.max take one device at a time. */
export function planUnified({ unified = {} }: CgroupConfig): readonly Setting[] {
  return Object.entries(unified).flatMap(([file, text]) => {
    // The name was checked; this is where it becomes a path.
    const field = fieldOfKey('cgroup.unified', file)
    if (file.includes('/')) throw refuseLimit(field, 'it is not the name of a file of the cgroup')
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    return lines.map((value) => ({ file, value, field, restore: previousLine(file, value) }))
  })
}

// Files of one value have no line with the key of another.
function previousLine(file: string, value: string): (text: string) => string {
  const key = value.trim().split(' ')[0] as string
  return file === 'io.max' ? ioMaxOf(key) : (text) => lineOf(key, text)(text)
}

/** @throws LibcontainerError ConfigInvalid */
export function refuseNetworkLimits({ netCls, netPrio }: CgroupConfig): void {
  const reason = 'cgroup v2 has no such limit'
  const hint = 'nftables matches the cgroup of a socket (socket cgroupv2)'
  if (netCls !== undefined) throw refuseLimit('cgroup.netCls.classId', reason, hint)
  if (netPrio !== undefined) throw refuseLimit('cgroup.netPrio.priorities', reason, hint)
}
