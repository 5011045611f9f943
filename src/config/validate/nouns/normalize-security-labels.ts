// Owns the check of security labels by their text. Whether a profile is loaded, or the policy knows a context, is for
// the kernel to say.

import { refuseField, refuseValue } from '../values/refuse.ts'
import { filledTextAt } from '../values/scalar-at.ts'

/** Reads the name of an AppArmor profile. The kernel ends it at a control character, so it has none. */
export function apparmorProfileAt(value: unknown, at: string): string {
  const profile = filledTextAt(value, at)
  if (/[^ -~\u00a0-\uffff]/.test(profile) || profile.trim() !== profile)
    refuseValue(at, 'the name of an AppArmor profile, such as "docker-default"', value)
  // What the kernel takes in one write, with "exec " before it (a page).
  if (profile.length > 1024) refuseField(at, 'no profile has so long a name')
  return profile
}

/** Reads an SELinux context. */
export function selinuxLabelAt(value: unknown, at: string): string {
  const label = filledTextAt(value, at)
  if (!/^[^:\s"\\]+(:[^:\s"\\]+){2}(:[^\s"\\]+)?$/.test(label) || label.length > 1024) {
    refuseValue(at, 'an SELinux context such as "system_u:system_r:container_t:s0:c1,c2"', value)
  }
  return label
}
