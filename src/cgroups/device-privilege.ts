// Owns what happens to the default device rules where the caller may not set any. Rules that the caller wrote are
// never dropped.

import { DEFAULT_DEVICE_RULES } from '../config/defaults.ts'
import type { DeviceRule } from '../config/device.ts'
import { isLibcontainerError } from '../errors.ts'
import type { Kernel } from '../system/kernel.ts'
import { isInitialUserNamespace } from '../system/own-rights.ts'
import { syscall } from '../system/syscall.ts'

/**
 * Applies device rules. The default ones are let go when the kernel says EPERM to a caller who is not root of the
 * machine: who cannot make device nodes gives nothing away, and rootless containers could not start at all.
 */
export function enforceDeviceRules(
  kernel: Kernel,
  rules: readonly DeviceRule[] | undefined,
  apply: () => void,
): void {
  try {
    apply()
  } catch (error) {
    const isRefused = isLibcontainerError(error) && (error.errno === 'EPERM' || error.errno === 'EACCES')
    if (!isDefaultRules(rules) || !isRefused || isRootOfMachine(kernel)) throw error
  }
}

/** Whether they are those that a configuration has without saying anything of devices. */
export function isDefaultRules(rules: readonly DeviceRule[] | undefined): boolean {
  return rules === undefined || rules === DEFAULT_DEVICE_RULES
}

/** Whether the caller is root, and not only in a user namespace of its own. */
export function isRootOfMachine(kernel: Kernel): boolean {
  return syscall(kernel, 'geteuid') === 0 && isInitialUserNamespace(kernel)
}
