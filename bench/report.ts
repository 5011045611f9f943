// Owns the words and tables of a report. It computes ratios and holds them against the targets; it measures nothing.

import { type Family, GAPS_MS, TARGETS, type Target, TIMED_CASES } from './cases.ts'
import type { Machine } from './machine.ts'
import { type LayoutResult, median, type PhaseResult, type TimedResult } from './results.ts'

const RIVALS = ['floor', 'crun', 'runc'] as const

export function renderReport(machine: Machine, results: readonly LayoutResult[]): string {
  return [
    `# Bench, ${machine.date}`,
    table(['', ''], Object.entries(machine.facts)),
    METHOD,
    '## Targets of DESIGN section 5',
    '**Bold**: missed. Plain: what must be is met. ✓: the goal too.',
    ...renderTargets(results),
    ...results.flatMap(renderLayout),
  ].join('\n\n')
}

const METHOD = `## Method

All contenders make the same container (bench/container.ts) from the same root filesystem, in one run, in turns of
random order. *Back-to-back*: blocks of 9 runs, of which the first 2 are thrown away, with 40 ms before each block.
*Isolated*: single runs with 60 ms before each. The exit code of every run is checked. Library: a warm, long-lived
process of the engine; the time is taken inside it. crun and runc in the cases \`start\` and \`exec\`: spawned from
Node, as a user would without the library; all cases named \`-command\`: vfork and wait4 by a small C program,
each after the runtime's own files were read from beginning to end. The floor is C that makes the same container with the fewest calls, in a loop. All of it runs under tools/privileged, in
cgroups of its own. Milliseconds, unless it says otherwise; compare ratios within a table, never figures of two.
Phases: the parent's by a kernel interface that notes every call; init's by clock_gettime ops between its steps.`

const NO_LIMITS = `The host's controllers are bound to the other version of cgroups, so that none is handed out here. All
contenders set no limits on memory and pids then: less work, for all of them, than on a host of this version.`

function renderLayout(result: LayoutResult): readonly string[] {
  const parts = [`## cgroup ${result.layout} (hierarchies: ${result.hierarchies})`]
  if (!result.hasLimits) parts.push(NO_LIMITS)
  for (const { name, title } of TIMED_CASES) {
    const timed = result.timed.filter((one) => one.case === name)
    if (timed.length > 0) parts.push(`### ${title}`, ...timed.map(renderTimed))
  }
  if (result.rates.length > 0)
    parts.push('### Saturated, containers per second (median of passes)', renderRates(result))
  for (const name of new Set(result.figures.map((one) => one.case))) {
    const rows = result.figures.filter((one) => one.case === name)
    const keys = Object.keys(rows[0]?.figures ?? {})
    const cells = rows.map(({ contender, figures }) => [
      contender,
      ...keys.map((key) => format(figures[key])),
    ])
    parts.push(
      `### ${name === 'idle' ? 'Idle containers, per container' : 'Executables'}`,
      table(['', ...keys], cells),
    )
  }
  for (const phases of result.phases) parts.push(`### ${phases.title}`, renderPhases(phases))
  if (result.leftOut.length > 0) parts.push('### Left out', list(result.leftOut))
  if (result.failed.length > 0) parts.push('### FAILED', list(result.failed))
  return parts
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line.trim()}`).join('\n')

const runsOf = (gapMs: number): string => (gapMs === 0 ? 'back-to-back' : `isolated ${gapMs} ms`)

function renderTimed({ gapMs, times }: TimedResult): string {
  const rivals = RIVALS.filter((rival) => times[rival] !== undefined)
  const rows = Object.entries(times).map(([name, { p50, p95, min, n }]) => [
    name,
    ...[p50, p95, min].map(format),
    ...rivals.map((rival) => format(p50 / (times[rival]?.p50 ?? Number.NaN))),
    String(n),
  ])
  return table([runsOf(gapMs), 'p50', 'p95', 'min', ...rivals.map((rival) => `/ ${rival}`), 'n'], rows)
}

function renderRates({ rates }: LayoutResult): string {
  const of = new Map(rates.map(({ contender, rates: passes }) => [contender, median(passes)]))
  const rivals = RIVALS.filter((rival) => of.has(rival))
  const rows = rates.map(({ contender, concurrency, rates: passes }) => [
    contender,
    String(concurrency),
    format(median(passes)),
    ...rivals.map((rival) => format(median(passes) / (of.get(rival) ?? Number.NaN))),
  ])
  return table(['', 'at once', 'per second', ...rivals.map((rival) => `/ ${rival}`)], rows)
}

function renderPhases({ phases }: PhaseResult): string {
  const rows = phases.map(({ name, micros, kernelMicros, calls }) => [
    name,
    micros.toFixed(0),
    kernelMicros === undefined ? '' : kernelMicros.toFixed(0),
    calls === undefined ? '' : String(calls),
  ])
  const sum = phases.reduce((total, { micros }) => total + micros, 0)
  return table(['', 'us', 'of it in calls', 'calls'], [...rows, ['sum', sum.toFixed(0), '', '']])
}

/** What was measured for a target: in which column of the table it belongs, whose it is, and the figure. */
type Measured = readonly [column: string, contender: string, value: number]

/** A table for what is timed with both gaps, and one for the single figures. */
function renderTargets(results: readonly LayoutResult[]): readonly string[] {
  const isTimed = ({ figure }: Target): boolean => figure === 'p50'
  return [TARGETS.filter(isTimed), TARGETS.filter((target) => !isTimed(target))].flatMap((targets) => {
    const cells = targets.flatMap((target) =>
      results.flatMap((result) => measuredOf(target, result).map((measured) => ({ target, measured }))),
    )
    const columns = [...new Set(cells.map(({ measured: [column] }) => column))]
    const rows = new Map<string, readonly [Target, string, Map<string, string>]>()
    for (const { target, measured } of cells) {
      const [column, contender, value] = measured
      const key = `${TARGETS.indexOf(target)} ${contender}`
      const row = rows.get(key) ?? ([target, contender, new Map()] as const)
      row[2].set(column, judged(target, value))
      rows.set(key, row)
    }
    const lines = [...rows.values()].map(([target, contender, values]) => [
      contender,
      `${target.case}${target.against === null ? `: ${target.figure}` : ` / ${target.against}`}`,
      ...[target.must, target.goal].map((limit) => `${limit} ${target.unit ?? 'x'}`),
      ...columns.map((column) => values.get(column) ?? ''),
    ])
    return lines.length === 0 ? [] : [table(['', 'case', 'must', 'goal', ...columns], lines)]
  })
}

function judged({ figure, must, goal }: Target, value: number): string {
  const reaches = (limit: number): boolean => (figure === 'rate' ? value >= limit : value <= limit)
  if (reaches(goal)) return `${format(value)} ✓`
  return reaches(must) ? format(value) : `**${format(value)}**`
}

function measuredOf(target: Target, result: LayoutResult): readonly Measured[] {
  if (target.figure === 'rate') return measuredRates(target, result)
  if (target.figure !== 'p50') return measuredFigures(target, result)
  return GAPS_MS.flatMap((gapMs) => {
    const times = result.timed.find((one) => one.case === target.case && one.gapMs === gapMs)?.times ?? {}
    const against = times[target.against ?? '']?.p50
    if (against === undefined) return []
    return Object.entries(times)
      .filter(([name]) => isOf(target.subject, name))
      .map(([name, { p50 }]) => [`${result.layout} ${runsOf(gapMs)}`, name, p50 / against] as const)
  })
}

/** The best of an engine's concurrencies counts. */
function measuredRates({ subject, against }: Target, { layout, rates }: LayoutResult): readonly Measured[] {
  const rateOf = (name: string): number =>
    Math.max(
      ...rates.filter(({ contender }) => contender === name).map(({ rates: passes }) => median(passes)),
    )
  const names = new Set(rates.map(({ contender }) => contender).filter((name) => isOf(subject, name)))
  if (against === null || !rates.some(({ contender }) => contender === against)) return []
  return [...names].map((name) => [layout, name, rateOf(name) / rateOf(against)] as const)
}

function measuredFigures(
  { case: name, subject, against, figure }: Target,
  { layout, figures }: LayoutResult,
): readonly Measured[] {
  const rows = figures.filter((one) => one.case === name)
  const divisor = against === null ? 1 : rows.find(({ contender }) => contender === against)?.figures[figure]
  return rows
    .filter(({ contender }) => isOf(subject, contender))
    .map(
      ({ contender, figures: values }) =>
        [layout, contender, (values[figure] ?? Number.NaN) / (divisor ?? Number.NaN)] as const,
    )
}

function isOf(family: Family, contender: string): boolean {
  return family === 'library' ? /^(node|bun) /.test(contender) : contender === family
}

/** Three figures that mean something. */
function format(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return ''
  if (Math.abs(value) >= 100) return value.toFixed(0)
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2)
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
