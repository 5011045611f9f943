// Owns reading a JSON file that a caller names.

import { isLibcontainerError, type Kernel, LibcontainerError, parseJson, readText } from '../core.ts'

/** @throws LibcontainerError SystemError; ConfigInvalid, with the file, when it is not JSON */
export function readJson(kernel: Kernel, path: string): unknown {
  const text = readText(kernel, path)
  try {
    return parseJson(text)
  } catch (error) {
    if (!isLibcontainerError(error)) throw error
    const { reason, hint } = error
    throw new LibcontainerError({
      code: 'ConfigInvalid',
      action: 'read',
      object: path,
      reason: `it is not JSON: ${reason}`,
      ...(hint !== undefined && { hint }),
      cause: error,
    })
  }
}
