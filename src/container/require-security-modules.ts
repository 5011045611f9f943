// Owns the refusal of labels that this kernel cannot give. Nothing was touched when it refuses; nothing that was
// asked for is left out in silence.

import type { ValidConfig, ValidProcess } from '../config/container-config.ts'
import { LibcontainerError } from '../errors.ts'
import { chooseOverride } from '../plan/override.ts'
import type { Kernel } from '../system/kernel.ts'
import { missingApparmor, missingSelinux } from '../system/security-modules.ts'

/** @throws ConfigInvalid, with the field of the first label that cannot be given */
export function requireSecurityModules(kernel: Kernel, config: ValidConfig, process: ValidProcess): void {
  const profile = chooseOverride('apparmorProfile', process, config)
  if (profile.value !== undefined)
    refuse('use AppArmor profile', profile.value, profile.field, missingApparmor(kernel))
  const label = chooseOverride('selinuxLabel', process, config)
  const wanted = label.value ?? config.mountLabel
  if (wanted !== undefined) {
    const field = label.value === undefined ? 'mountLabel' : label.field
    refuse('use SELinux context', wanted, field, missingSelinux(kernel))
  }
}

function refuse(action: string, object: string, field: string, reason: string | null): void {
  if (reason === null) return
  throw new LibcontainerError({ code: 'ConfigInvalid', action, object, field, reason })
}
