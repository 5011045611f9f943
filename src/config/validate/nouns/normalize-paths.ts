// Owns the check of the lists of masked and read-only paths.

import { textListAt } from '../values/list-at.ts'
import { isClean, pathBelowRootAt } from '../values/path-at.ts'

export function normalizePaths(value: unknown, at: string): readonly string[] {
  const paths = textListAt(value, at, pathBelowRootAt)
  for (let index = 0; index < paths.length; index++) {
    const path = paths[index] as string
    if (path === '/' || !isClean(path)) pathBelowRootAt(path, `${at}[${index}]`)
  }
  return paths
}
