// Owns the grammar of container ids. An id becomes the name of a directory, so nothing makes a path of one that has
// not been through here.

import { LibcontainerError } from '../../errors.ts'
import { describeValue } from './values/describe-value.ts'

export interface IdGrammarOptions {
  /**
   * `libcontainer`: ASCII letters, digits and `_`. `oci`: those and `+`, `-`, `.`, but not `.` and `..` (what the
   * runtimes accept). Both take 1 to 1024 characters, of which file systems take 255.
   * @default 'libcontainer'
   */
  readonly grammar?: 'libcontainer' | 'oci'
}

const MAX_LENGTH = 1024
/** NAME_MAX (include/uapi/linux/limits.h). */
const MAX_NAME_LENGTH = 255

/**
 * Returns an id that fits the grammar.
 * @throws `InvalidIdFormat`; `SystemError` with `ENAMETOOLONG` for what fits the grammar and no file system
 */
export function validateId(id: unknown, options: IdGrammarOptions = {}): string {
  const isOci = options.grammar === 'oci'
  // Anchored and without the m flag: a line break at the end must not pass.
  const grammar = isOci ? /^(?!\.{1,2}$)[A-Za-z0-9_+.-]+$/ : /^[A-Za-z0-9_]+$/
  if (typeof id !== 'string' || id.length > MAX_LENGTH || !grammar.test(id)) {
    const letters = isOci
      ? 'letters, digits, "_", "+", "-" or "." (but not "." or "..")'
      : 'letters, digits or "_"'
    throw new LibcontainerError({
      code: 'InvalidIdFormat',
      action: 'use the container id',
      reason: `expected 1 to ${MAX_LENGTH} ASCII ${letters}, got ${describeId(id)}`,
    })
  }
  if (id.length > MAX_NAME_LENGTH) {
    throw new LibcontainerError({
      code: 'SystemError',
      action: 'use the container id',
      reason: `ENAMETOOLONG: ${id.length} bytes, of which a directory's name has room for ${MAX_NAME_LENGTH}`,
      errno: 'ENAMETOOLONG',
    })
  }
  return id
}

function describeId(id: unknown): string {
  return typeof id === 'string' && id.length > MAX_LENGTH ? `${id.length} characters` : describeValue(id)
}
