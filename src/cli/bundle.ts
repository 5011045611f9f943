// Owns reading an OCI bundle: its config.json, converted, with the bundle's own path made certain.

import {
  type ConvertedSpec,
  type ConvertOptions,
  checked,
  convertSpec,
  type Kernel,
  syscall,
} from '../core.ts'
import { workingDirectory } from './absolute-path.ts'
import { readJson } from './read-json.ts'

export const BUNDLE_OPTION = {
  short: 'b',
  value: 'DIR',
  help: 'the directory with config.json (default: the current one)',
} as const

/**
 * Makes the bundle the working directory, as runc does, and reads it.
 * @param directory absolute or relative; the current one if undefined
 * @throws LibcontainerError ConfigInvalid, with the field; SystemError
 */
export function readBundle(
  kernel: Kernel,
  directory: string | undefined,
  options: ConvertOptions,
): ConvertedSpec & { readonly bundle: string } {
  const attempt = { action: 'enter bundle', object: directory ?? '.' }
  if (directory !== undefined) checked(syscall(kernel, 'chdir', directory), 'chdir', attempt)
  // What the kernel calls it: no link is left in it that could be turned.
  const bundle = workingDirectory(kernel)
  return { ...convertSpec(readJson(kernel, 'config.json'), bundle, options), bundle }
}
