// Owns the kernel interface of Node and Bun: the functions of the addon as they are, and the engine's own UTF-8.
// It adds no behaviour.

import type { Kernel } from '../core.ts'
import { loadAddon } from './load-addon.ts'

/**
 * The kernel as this process sees it. All calls share one addon; its threads begin with the first poll or spawn.
 *
 * @throws LibcontainerError `SystemError` when the addon cannot be found or loaded.
 */
export function nodeKernel(): Kernel {
  const encoder = new TextEncoder()
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  return {
    ...loadAddon(),
    encodeText: (text) => encoder.encode(text),
    decodeText: (bytes) => decoder.decode(bytes),
  }
}
