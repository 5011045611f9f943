// Owns the check of the lists of masked and read-only paths.

import { listAt } from '../values/list-at.ts'
import { pathBelowRootAt } from '../values/path-at.ts'

export function normalizePaths(value: unknown, at: string): readonly string[] {
  return listAt(value, at, pathBelowRootAt)
}
