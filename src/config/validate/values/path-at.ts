// Owns the readers of paths: by their text only. Whether a path exists, and where its links lead, is asked later
// and through descriptors.

import { quoteText } from './describe-value.ts'
import { refuseField, refuseValue } from './refuse.ts'
import { isSpeakable, refuseUnspeakable } from './scalar-at.ts'

/** The path without empty parts, `.` and `..`, as text: `/a/../b/` is `/b`. A relative path stays relative. */
export function cleanPath(path: string): string {
  if (isClean(path)) return path
  const absolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!absolute) parts.push('..')
  }
  return (absolute ? '/' : '') + parts.join('/')
}

/** Whether a path is absolute, and surely clean already, as nearly all are. */
export function isClean(path: string): boolean {
  return (
    path.startsWith('/') &&
    !path.includes('//') &&
    !path.includes('/.') &&
    (path === '/' || !path.endsWith('/'))
  )
}

/** Reads an absolute path. */
export function absolutePathAt(value: unknown, at: string): string {
  if (typeof value !== 'string' || !value.startsWith('/')) refuseValue(at, 'an absolute path', value)
  refuseUnspeakable(value, at)
  return value
}

/** Reads an absolute path in its one clean form: no empty parts, no `.` or `..`, no slash at the end. */
export function cleanPathAt(value: unknown, at: string): string {
  // Nearly every path ends here.
  if (typeof value === 'string' && isClean(value) && isSpeakable(value)) return value
  const path = absolutePathAt(value, at)
  const clean = cleanPath(path)
  if (path !== clean) {
    refuseValue(
      at,
      'a clean path (no ".", "..", "//" or slash at the end)',
      value,
      `write ${quoteText(clean)}`,
    )
  }
  return path
}

/** Reads a clean absolute path of something below the root. */
export function pathBelowRootAt(value: unknown, at: string): string {
  const path = cleanPathAt(value, at)
  if (path === '/') refuseField(at, 'expected a path below the root, got the root itself')
  return path
}
