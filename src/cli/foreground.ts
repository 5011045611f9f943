// Owns waiting for a process that was started for the caller: signals are passed on to it, its terminal is shown, and
// the caller's own terminal is given back whatever happens. Who has only to wait becomes init's waiter.

import {
  becomeWaiter,
  type ComeBack,
  type Kernel,
  type ProcessHandle,
  type ProcessSpec,
  type TerminalOptions,
  type TerminalSize,
  waitBriefly,
} from '../core.ts'
import { forwardSignals } from './forward-signals.ts'
import type { Host } from './host.ts'
import { type HostTerminal, openHostTerminal } from './host-terminal.ts'
import { relayTerminal } from './terminal-relay.ts'

/** What ends soon has ended by then: it would take it longer to come back from the waiter. */
const BRIEF_MS = 100
/** In the list of processes. */
const WAITER_NAME = 'runt:wait'

interface Attendance {
  /**
   * What is left to be done in the end, if this does not return: where there is no terminal to be shown.
   * @default nothing but to exit with the status of the process
   */
  readonly comeBack?: () => ComeBack
  /** Settles when there is nothing else to be done for the process but to wait; at its end at the latest. */
  readonly relayed?: Promise<void>
}

export interface Foreground {
  /** The process, whose terminal begins in the window in which it is shown. */
  inWindow(spec: ProcessSpec): ProcessSpec
  /** @returns the exit status of the process */
  attend(process: ProcessHandle, attendance?: Attendance): Promise<number>
  /** After the end, or a start that failed. */
  end(): void
}

/** From now on signals wait for the process. @throws LibcontainerError SystemError when a terminal has nowhere to be shown */
export function openForeground(
  { kernel, host }: { readonly kernel: Kernel; readonly host: Host },
  hasTerminal: boolean,
): Foreground {
  const own = hasTerminal ? openHostTerminal(kernel) : null
  let signals = forwardSignals(kernel, host)
  return {
    inWindow: (spec) => (own === null ? spec : { ...spec, terminal: { ...optionsOf(spec), ...sizeOf(own) } }),
    attend: async (process, { comeBack, relayed } = {}) => {
      const { terminal } = process
      if (own === null || terminal === null) {
        signals.to(process)
        await relayed
        if (host.isExecutable) {
          const ended = await waitBriefly(kernel, process, BRIEF_MS)
          if (ended !== null) return ended.status
          process.unref()
          signals.stop()
          becomeWaiter(kernel, process, { name: WAITER_NAME, comeBack: comeBack?.() })
          signals = forwardSignals(kernel, host)
          signals.to(process)
        }
        return (await process.wait()).status
      }
      // It may be gone, or too large; then the window keeps its size.
      const resize = (): void => attempt(() => terminal.resize(own.size()))
      resize()
      own.enterRawMode()
      const relay = relayTerminal(kernel, terminal)
      try {
        signals.to(process, resize)
        const { status } = await process.wait()
        await relay.finish()
        await relayed
        return status
      } finally {
        relay.end()
      }
    },
    end: () => {
      signals.stop()
      own?.restore()
    },
  }
}

function optionsOf({ terminal }: ProcessSpec): Partial<TerminalOptions> {
  return typeof terminal === 'object' ? terminal : {}
}

/** Nothing where nobody knows it: then it is as the configuration has it. */
function sizeOf(own: HostTerminal): Partial<TerminalSize> {
  const size = own.size()
  return size.columns === 0 && size.rows === 0 ? {} : size
}

function attempt(deed: () => void): void {
  try {
    deed()
  } catch {}
}
