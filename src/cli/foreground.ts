// Owns waiting for a process that was started for the caller: signals are passed on to it, its terminal is shown, and
// the caller's own terminal is given back whatever happens.

import type { Kernel, ProcessHandle } from '../core.ts'
import { forwardSignals } from './forward-signals.ts'
import { openHostTerminal } from './host-terminal.ts'
import { relayTerminal } from './terminal-relay.ts'

export interface Foreground {
  /** @returns the exit status of the process */
  attend(process: ProcessHandle): Promise<number>
  /** After the end, or a start that failed. */
  end(): void
}

/** From now on signals wait for the process. @throws LibcontainerError SystemError when a terminal has nowhere to be shown */
export function openForeground(kernel: Kernel, hasTerminal: boolean): Foreground {
  const host = hasTerminal ? openHostTerminal(kernel) : null
  const signals = forwardSignals(kernel)
  return {
    attend: async (process) => {
      const { terminal } = process
      if (host === null || terminal === null) {
        signals.to(process)
        return (await process.wait()).status
      }
      // It may be gone, or too large; then the window keeps its size.
      const resize = (): void => attempt(() => terminal.resize(host.size()))
      resize()
      host.enterRawMode()
      const relay = relayTerminal(kernel, terminal)
      try {
        signals.to(process, resize)
        const { status } = await process.wait()
        await relay.finish()
        return status
      } finally {
        relay.end()
      }
    },
    end: () => {
      signals.stop()
      host?.restore()
    },
  }
}

function attempt(deed: () => void): void {
  try {
    deed()
  } catch {}
}
