// Owns where the addon comes from: the build of this checkout, else the prebuilt package of the platform. It loads
// native code from these two places only, and not before it is asked to.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Kernel, LibcontainerError } from '../core.ts'

/** What the addon provides: all of a kernel but the text functions, which every engine has itself. */
export type Addon = Omit<Kernel, 'encodeText' | 'decodeText'>

const ADDON = 'libcontainer.node'

/**
 * Loads the addon; the same object each time (the engine keeps it).
 *
 * @throws LibcontainerError `SystemError` when there is no addon for this platform, or it cannot be loaded.
 */
export function loadAddon(): Addon {
  const require = createRequire(import.meta.url)
  const path = findAddon(require)
  try {
    return require(path) as Addon
  } catch (cause) {
    throw new LibcontainerError({
      code: 'SystemError',
      action: 'load the addon',
      object: path,
      reason: cause instanceof Error ? cause.message : String(cause),
      hint: 'it must be built for this architecture and C library: make -C native',
      cause,
    })
  }
}

function findAddon(require: NodeJS.Require): string {
  const built = join(dirname(require.resolve('libcontainer/package.json')), 'build/native', ADDON)
  if (existsSync(built)) return built
  const name = `@libcontainer/${process.platform}-${process.arch}`
  try {
    return require.resolve(`${name}/${ADDON}`)
  } catch (cause) {
    throw new LibcontainerError({
      code: 'SystemError',
      action: 'find the addon',
      object: built,
      reason: `no such file, and the package "${name}" is not installed`,
      hint: 'install without --omit=optional; in a checkout: make -C native',
      cause,
    })
  }
}
