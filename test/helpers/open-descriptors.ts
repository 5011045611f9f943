// Owns counting what this process has open. A thread of the host that has started a process in another pid namespace
// keeps its own to go back, and how many such threads there are is chance: those descriptors are passed over.

import { readdirSync, readlinkSync } from 'node:fs'

/** What each descriptor leads to, but for the one that lists them. */
export function openDescriptors(): readonly string[] {
  const own = readlinkSync('/proc/self/ns/pid')
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`)
      return target === own ? [] : [target]
    } catch {
      return []
    }
  })
}
