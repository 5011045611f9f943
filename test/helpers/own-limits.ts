// Owns telling a test which resource limits it has itself: without a right nobody gives a container more.

import { readFileSync } from 'node:fs'

/** The hard limit of this process, as /proc/self/limits names and prints it. */
export function ownHardLimit(name: string): string {
  const line = readFileSync('/proc/self/limits', 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${name} `))
  return line?.slice(name.length).trim().split(/ +/)[1] ?? 'unlimited'
}

/** As a configuration has it. */
export function parseLimit(text: string): bigint {
  return text === 'unlimited' ? -1n : BigInt(text)
}
