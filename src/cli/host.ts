// Owns what the command line asks of its host beside the kernel: what cannot be the same for an executable of its own
// and for a program that an engine with threads of its own runs (Node, Bun).

import type { Kernel } from '../core.ts'
import { type Build, buildOf } from './build-of.ts'
import { openSignalFd, type SignalSource } from './signal-fd.ts'

export interface Host {
  readonly build: Build
  /** Whether this program, executed again by its descriptor, takes a command line of runt's. */
  readonly isExecutable: boolean
  /** From now on these signals do nothing to this program but wait. @throws LibcontainerError SystemError */
  openSignals(kernel: Kernel, signals: readonly number[]): SignalSource
}

/** The static executable: one thread, and nobody else who cares for signals. */
export function executable(): Host {
  return {
    get build() {
      return buildOf()
    },
    isExecutable: true,
    openSignals: openSignalFd,
  }
}
