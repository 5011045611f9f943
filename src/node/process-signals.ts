// Owns receiving signals in Node and Bun, whose other threads block none: by the engine's handlers, so only the signals
// that it has names for. Those of real time keep their effect.

import { constants } from 'node:os'
import type { Kernel } from '../core.ts'

interface SignalSource {
  receive(onSignal: (signal: number) => void): void
  stop(): void
}

/** Nobody can: the kernel allows no handler. */
const UNCATCHABLE: readonly string[] = ['SIGKILL', 'SIGSTOP']

/** From now on these signals do nothing to this program but wait. */
export function openProcessSignals(_kernel: Kernel, signals: readonly number[]): SignalSource {
  const names = Object.entries(constants.signals)
    .filter(([name, signal]) => signals.includes(signal) && !UNCATCHABLE.includes(name))
    .map(([name]) => name as NodeJS.Signals)
  const waiting: number[] = []
  let tell = (signal: number): void => void waiting.push(signal)
  const onSignal = (_name: NodeJS.Signals, signal: number): void => tell(signal)
  for (const name of names) process.on(name, onSignal)
  return {
    receive: (told) => {
      tell = told
      for (const signal of waiting.splice(0)) told(signal)
    },
    stop: () => {
      for (const name of names) process.off(name, onSignal)
    },
  }
}
