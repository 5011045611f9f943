// Owns device rules on cgroup v2: no controller, but a program that the kernel asks at every open and mknod.

import type { DeviceRule } from '../../config/device.ts'
import { closeFd } from '../../system/fd.ts'
import { openDirectory } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import type { Attempt } from '../../system/syscall.ts'
import { attachDeviceProgram, findOwnDeviceProgram } from '../devices/bpf.ts'
import type { DevicePrograms } from '../devices/device-programs.ts'
import { isTotalRule, normalizeRule } from '../devices/normal-rule.ts'

/**
 * Puts the rules in force for a new cgroup. They are asked beside those of cgroups above and of other owners, so that
 * they never widen what was refused before; only a program that we attached ourselves earlier is replaced.
 * @throws LibcontainerError SystemError
 */
export function applyDeviceRules(
  kernel: Kernel,
  directory: string,
  rules: readonly DeviceRule[],
  programs: DevicePrograms,
  wasMade: boolean,
): void {
  const last = rules.at(-1)
  const allowsAll = last?.allow === true && isTotalRule(normalizeRule(last))
  if (allowsAll && wasMade) return
  const attempt: Attempt = {
    action: 'put the device rules in force for',
    object: directory,
    field: 'cgroup.devices',
  }
  const program = programs.load(rules, attempt)
  const cgroup = openDirectory(kernel, directory)
  let replaced = -1
  try {
    if (!wasMade) replaced = findOwnDeviceProgram(kernel, cgroup, attempt)
    attachDeviceProgram(kernel, cgroup, program, replaced, attempt)
  } finally {
    closeFd(kernel, replaced)
    closeFd(kernel, cgroup)
  }
}
