// Owns the shape of what is measured, as it is written beside each report in JSON. Types and statistics only.

import type { LayoutName } from './layout.ts'

export interface Summary {
  readonly n: number
  readonly p50: number
  readonly p95: number
  readonly min: number
}

export interface TimedResult {
  readonly case: string
  readonly gapMs: number
  /** Milliseconds by contender. */
  readonly times: Readonly<Record<string, Summary>>
}

interface RateResult {
  readonly contender: string
  readonly concurrency: number
  /** Containers per second, one figure for each pass. */
  readonly rates: readonly number[]
}

/** Figures by name: kB per container, descriptors, milliseconds. */
export interface FigureResult {
  readonly case: string
  readonly contender: string
  readonly figures: Readonly<Record<string, number>>
}

export interface Phase {
  readonly name: string
  /** Medians, microseconds. */
  readonly micros: number
  /** The part of it that was spent in system calls, and how many they were. */
  readonly kernelMicros?: number
  readonly calls?: number
}

export interface PhaseResult {
  readonly title: string
  readonly phases: readonly Phase[]
}

export interface LayoutResult {
  readonly layout: LayoutName
  readonly hasLimits: boolean
  readonly hierarchies: number
  readonly timed: TimedResult[]
  readonly rates: RateResult[]
  readonly figures: FigureResult[]
  readonly phases: PhaseResult[]
  /** Contenders that can't do a thing at all, and why. */
  readonly leftOut: string[]
  /** What went wrong once it had begun: such a run is no result. */
  readonly failed: string[]
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  return {
    n: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    min: sorted[0] ?? Number.NaN,
  }
}

export function median(samples: readonly number[]): number {
  return percentile(
    samples.toSorted((a, b) => a - b),
    0.5,
  )
}

function percentile(sorted: readonly number[], part: number): number {
  const at = (sorted.length - 1) * part
  const below = sorted[Math.floor(at)] ?? Number.NaN
  const above = sorted[Math.ceil(at)] ?? Number.NaN
  return below + (above - below) * (at - Math.floor(at))
}
