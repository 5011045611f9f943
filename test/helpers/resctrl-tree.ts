// Owns a directory laid out as the kernel lays out resctrl (Documentation/filesystems/resctrl.rst), and a kernel that
// does there what resctrl does: a directory that is made is filled, one that is removed goes with what is in it. For
// machines without the hardware; all else is the real kernel.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Kernel } from 'libcontainer/core'
import { O_TRUNC } from '../../src/abi/flags.ts'
import { syscallNumber } from '../../src/abi/syscalls.ts'

const SCHEMATA = '    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n'

function write(folder: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
}

function fillGroup(folder: string): void {
  const isMonitor = basename(join(folder, '..')) === 'mon_groups'
  write(folder, { cpus: '', cpus_list: '', tasks: '', ...(isMonitor ? {} : { schemata: SCHEMATA }) })
  if (!isMonitor) mkdirSync(join(folder, 'mon_groups'), { recursive: true })
  const figures = { llc_occupancy: '16711680\n', mbm_total_bytes: '18446744073709551615\n' }
  write(join(folder, 'mon_data/mon_L3_00'), { ...figures, mbm_local_bytes: '4096\n' })
  write(join(folder, 'mon_data/mon_L3_01'), { ...figures, mbm_local_bytes: 'Unavailable\n' })
}

export function makeResctrlTree(folder: string): void {
  fillGroup(folder)
  write(join(folder, 'info'), { last_cmd_status: 'ok\n' })
  write(join(folder, 'info/L3'), { cbm_mask: 'fffff\n', min_cbm_bits: '1\n', num_closids: '16\n' })
  const mb = { bandwidth_gran: '10\n', delay_linear: '1\n', min_bandwidth: '10\n', num_closids: '8\n' }
  write(join(folder, 'info/MB'), mb)
  write(join(folder, 'info/L3_MON'), { mon_features: 'llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n' })
}

/** The kernel, with a resctrl at that directory; it is the first mount that it names. */
export function kernelWithResctrl(kernel: Kernel, folder: string): Kernel {
  const [mkdirat, unlinkat] = [syscallNumber('mkdirat', kernel.arch), syscallNumber('unlinkat', kernel.arch)]
  const line = `1 1 0:1 / ${folder} rw - resctrl resctrl rw\n`
  return {
    ...kernel,
    readFile: (directory, path, flags, limitBytes) => {
      const bytes = kernel.readFile(directory, path, flags, limitBytes)
      if (path !== '/proc/self/mountinfo' || typeof bytes === 'number') return bytes
      return Buffer.concat([Buffer.from(line), bytes])
    },
    // A write takes the place of what the file said.
    writeFile: (directory, path, flags, data) =>
      kernel.writeFile(directory, path, path.startsWith(`${folder}/`) ? flags | O_TRUNC : flags, data),
    call: (nr, ...args) => {
      const path = typeof args[1] === 'string' && args[1].startsWith(`${folder}/`) ? args[1] : null
      if (nr === unlinkat && path !== null) rmSync(path, { recursive: true, force: true })
      const result = kernel.call(nr, ...args)
      if (nr === mkdirat && path !== null && result === 0) fillGroup(path)
      return result
    },
  }
}
