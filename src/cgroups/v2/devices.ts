// Owns device rules on cgroup v2: no controller, but a program that the kernel asks at every open and mknod.

import type { DeviceRule } from '../../config/device.ts'
import { closeFd } from '../../system/fd.ts'
import { openDirectory } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import type { Attempt } from '../../system/syscall.ts'
import { attachDeviceProgram, findOwnDeviceProgram, loadDeviceProgram } from '../devices/bpf.ts'
import { compileDeviceProgram } from '../devices/compile-program.ts'
import { normalizeRule } from '../devices/normal-rule.ts'

/**
 * Puts the rules in force for a cgroup. They are asked beside those of cgroups above and of other owners, so that
 * they never widen what was refused before; only a program that we attached ourselves is replaced.
 * @throws LibcontainerError SystemError
 */
export function applyDeviceRules(
  kernel: Kernel,
  directory: string,
  rules: readonly DeviceRule[],
  isNew: boolean,
): void {
  const normal = rules.map(normalizeRule)
  const attempt: Attempt = {
    action: 'put the device rules in force for',
    object: directory,
    field: 'cgroup.devices',
  }
  const program = loadDeviceProgram(kernel, compileDeviceProgram(normal), attempt)
  let cgroup = -1
  let replaced = -1
  try {
    cgroup = openDirectory(kernel, directory)
    if (!isNew) replaced = findOwnDeviceProgram(kernel, cgroup, attempt)
    attachDeviceProgram(kernel, cgroup, program, replaced, attempt)
  } finally {
    for (const fd of [replaced, cgroup, program]) closeFd(kernel, fd)
  }
}
