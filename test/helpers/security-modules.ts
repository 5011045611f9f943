// Owns telling a test which security modules the kernel runs, and why not. It asks the kernel in its own words, not
// in those of the product.

import { existsSync, readFileSync } from 'node:fs'

const APPARMOR = '/sys/module/apparmor/parameters/enabled'

export const hasApparmor = existsSync(APPARMOR) && readFileSync(APPARMOR, 'utf8').startsWith('Y')

export const hasSelinux = existsSync('/sys/fs/selinux/enforce')

/** Reasons to skip; false where the module is there. */
export const needsApparmor = hasApparmor
  ? false
  : 'this kernel runs without AppArmor (boot with lsm=apparmor)'
export const needsSelinux = hasSelinux ? false : 'this kernel runs without SELinux (docs/labels.md)'
