// Owns the values of `--cgroup`: `PATH`, or `CONTROLLER[,CONTROLLER]:PATH` any number of times.

import { usageError } from './options.ts'

/** @returns paths by controller, '' for all of them; undefined when nothing was given */
export function parseSubCgroups(given: readonly string[]): Readonly<Record<string, string>> | undefined {
  if (given.length === 0) return undefined
  const paths = new Map<string, string>()
  for (const text of given) {
    const colon = text.indexOf(':')
    const controllers = colon < 0 ? [''] : text.slice(0, colon).split(',')
    for (const controller of controllers) {
      if (controller === '' && (colon >= 0 || given.length > 1))
        throw usageError('--cgroup', `expected CONTROLLER:PATH, got ${JSON.stringify(text)}`)
      if (paths.has(controller))
        throw usageError('--cgroup', `controller ${controller} specified multiple times`)
      paths.set(controller, text.slice(colon + 1))
    }
  }
  return Object.fromEntries(paths)
}
