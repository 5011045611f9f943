// Owns making a path of the caller's absolute, before a command changes the directory that it starts from.

import { checked, type Kernel, syscall } from '../core.ts'

const MAX_PATH_BYTES = 4096

/** The working directory, as the kernel calls it: without links. @throws LibcontainerError SystemError */
export function workingDirectory(kernel: Kernel): string {
  const path = new Uint8Array(MAX_PATH_BYTES)
  const attempt = { action: 'find the working directory' }
  const length = checked(syscall(kernel, 'getcwd', path, path.length), 'getcwd', attempt)
  return kernel.decodeText(path.subarray(0, length - 1))
}

/** Every part has a name that is none of `.`, `..` and nothing. */
const CLEAN = /^(?:\/(?!\.{0,2}(?:\/|$))[^/]+)+$/

/** Without `.`, `..` and doubled slashes. @throws LibcontainerError SystemError */
export function absolutePath(kernel: Kernel, path: string): string {
  if (CLEAN.test(path)) return path
  const parts: string[] = []
  for (const part of `${path.startsWith('/') ? '' : workingDirectory(kernel)}/${path}`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
