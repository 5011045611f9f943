// Owns who we are to a user's systemd: it knows us by our id on the machine, and podman calls a runtime as root of a
// user namespace.

import { readTextIfExists } from '../../system/files.ts'
import type { Kernel } from '../../system/kernel.ts'
import { syscall } from '../../system/syscall.ts'

export function userOfBus(kernel: Kernel): number {
  return outerId(readTextIfExists(kernel, '/proc/self/uid_map') ?? '', syscall(kernel, 'geteuid'))
}

/** What an id of this user namespace is outside, by its uid_map (user_namespaces(7)); one without a row is itself. */
export function outerId(map: string, id: number): number {
  for (const row of map.split('\n')) {
    const [inner = Number.NaN, outer = 0, size = 0] = row.trim().split(/\s+/).map(Number)
    if (inner <= id && id < inner + size) return outer + id - inner
  }
  return id
}
