// Owns where the addon comes from: the build of this package, else the prebuilt package of the platform. It loads
// native code from these two places only, and not before it is asked to.

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Kernel, LibcontainerError } from '../core.ts'

/** What the addon provides: all of a kernel but the text functions, which every engine has itself. */
export type Addon = Omit<Kernel, 'encodeText' | 'decodeText'>

const FILE = 'libcontainer.node'

/**
 * Loads the addon; the same object each time (the engine keeps it).
 *
 * @throws LibcontainerError `SystemError` when there is none for this platform, or it cannot be loaded.
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
      hint: 'was it built for another architecture or C library?',
      cause,
    })
  }
}

function findAddon(require: NodeJS.Require): string {
  // A package may name itself, wherever the compiled file lies in it; a bundle of it has no such name.
  const manifest = resolve(require, 'libcontainer/package.json')
  const built = manifest === null ? null : join(dirname(manifest), 'build/native', FILE)
  if (built !== null && existsSync(built)) return built
  const prebuilt = `@libcontainer/${process.platform}-${process.arch}`
  const path = resolve(require, `${prebuilt}/${FILE}`)
  if (path !== null) return path
  throw new LibcontainerError({
    code: 'SystemError',
    action: 'find the addon',
    object: built ?? FILE,
    reason: `no such file, and the package ${prebuilt} is not installed`,
    hint: 'install with optional dependencies, or in a checkout: make -C native',
  })
}

function resolve(require: NodeJS.Require, name: string): string | null {
  try {
    return require.resolve(name)
  } catch {
    return null
  }
}
