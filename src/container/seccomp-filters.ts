// Owns keeping the default profile's filters, so that a program compiles each of them once. A profile of the caller's
// own is compiled for each start: to recognise it would cost as much.

import type { Arch } from '../abi/syscalls.ts'
import type { ValidConfig } from '../config/container-config.ts'
import type { SeccompFilter } from '../plan/host-facts.ts'
import { seccompFilter } from '../plan/steps/seccomp.ts'

/** More sets of capabilities than a program uses. */
const MOST = 16

export class SeccompFilters {
  readonly #arch: Arch
  /** By the bounding set, on which the default profile depends. */
  readonly #defaults = new Map<string, SeccompFilter | null>()

  constructor(arch: Arch) {
    this.#arch = arch
  }

  /** @throws ConfigInvalid when the profile is too large */
  filterOf(config: ValidConfig): SeccompFilter | null {
    if (config.seccomp !== undefined) return seccompFilter(config, this.#arch)
    const key = config.capabilities.bounding.join()
    const known = this.#defaults.get(key)
    if (known !== undefined) return known
    if (this.#defaults.size >= MOST) this.#defaults.clear()
    const filter = seccompFilter(config, this.#arch)
    this.#defaults.set(key, filter)
    return filter
  }
}
