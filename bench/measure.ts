// Owns carrying out the cases in one layout, inside the private environment. It prints what it is at, and returns
// figures; it judges nothing.

import { GAPS_MS, TIMED_CASES, type TimedCase } from './cases.ts'
import { measureExecutables, measureIdle } from './figures.ts'
import { interleave } from './interleave.ts'
import type { Effort } from './options.ts'
import { type LayoutResult, median, type Phase, type PhaseResult, summarize } from './results.ts'
import { type Contender, contendersOf, floorPeer, libraryPeer, type Setting } from './runtimes.ts'
import { measureSaturated } from './saturated.ts'

/** For code that an engine compiles while it runs; commands only need the page cache. */
const LIBRARY_WARM_UP_RUNS = 30
const WARM_UP_RUNS = 3

export async function measureLayout(
  setting: Setting,
  effort: Effort,
  wants: (name: string) => boolean,
): Promise<LayoutResult> {
  const { layout } = setting
  const result: LayoutResult = {
    layout: layout.name,
    hasLimits: layout.hasLimits,
    hierarchies: layout.hierarchies.length,
    timed: [],
    rates: [],
    figures: [],
    phases: [],
    leftOut: [],
    failed: [],
  }
  const attempt = async (name: string, title: string, measure: () => Promise<void>): Promise<void> => {
    if (!wants(name)) return
    console.log(`${layout.name}: ${title}`)
    try {
      await measure()
    } catch (error) {
      result.failed.push(`${name}: ${(error as Error).message}`)
    }
  }
  if (!setting.runtimes.some(({ family }) => family === 'runt'))
    result.leftOut.push('runt: it is not built (npm run build:runt)')
  for (const timed of TIMED_CASES) {
    await attempt(timed.name, timed.title, () => measureTimed(setting, timed, effort, result))
  }
  await attempt('saturated', 'saturated', () => measureSaturated(setting, effort, result))
  await attempt('idle', 'idle containers', () => measureIdle(setting, effort, result))
  await attempt('executable', 'executables', () => measureExecutables(setting, result))
  await attempt('phases', 'phases', () => measurePhasesOf(setting, effort, result))
  return result
}

async function measureTimed(
  setting: Setting,
  timed: TimedCase,
  effort: Effort,
  result: LayoutResult,
): Promise<void> {
  const all = contendersOf(setting, timed)
  const tell = (list: string[]) => (contender: Contender, error: unknown) => {
    list.push(`${timed.name}: ${contender.name}: ${(error as Error).message}`)
  }
  try {
    const contenders: Contender[] = []
    for (const contender of all) {
      try {
        await contender.measure(contender.family === 'library' ? LIBRARY_WARM_UP_RUNS : WARM_UP_RUNS)
        contenders.push(contender)
      } catch (error) {
        // A command that a runtime doesn't have yet is no failure; the library has no such excuse.
        tell(contender.family === 'library' ? result.failed : result.leftOut)(contender, error)
      }
    }
    for (const gapMs of timed.isCold ? [60] : GAPS_MS) {
      const schedule = { seconds: effort.seconds * timed.weight, gapMs }
      const times = await interleave(contenders, schedule, tell(result.failed))
      const summaries = [...times].map(([name, samples]) => [name, summarize(samples)] as const)
      result.timed.push({ case: timed.name, gapMs, times: Object.fromEntries(summaries) })
    }
  } finally {
    for (const contender of all) await contender.close()
  }
}

async function measurePhasesOf(setting: Setting, { phases }: Effort, result: LayoutResult): Promise<void> {
  const [engine] = setting.engines
  if (engine === undefined) return
  const floor = floorPeer(setting)
  const peer = libraryPeer(setting, engine)
  try {
    await floor.ask(`stages ${WARM_UP_RUNS}`)
    const { stages } = await floor.ask<{ stages: number[][] }>(`stages ${phases}`)
    const answer = await peer.ask<{ phases: PhaseResult[] }>(`phases ${phases}`)
    const title = (one: PhaseResult): PhaseResult => ({ ...one, title: `${one.title}, ${engine.name}` })
    result.phases.push({ title: 'Floor', phases: floorPhases(stages) }, ...answer.phases.map(title))
  } finally {
    await floor.close()
    await peer.close()
  }
}

/** As in floor.h. */
const FLOOR_STAGES = [
  'make the cgroups, write limits',
  'clone',
  'cgroups, session, loopback',
  'root',
  'mounts',
  'cgroup mount',
  'devices',
  'read-only paths',
  'masked paths',
  'enter the root',
  'credentials and streams',
  'execute, the command, its end',
  'remove the cgroups',
]

function floorPhases(stages: readonly (readonly number[])[]): Phase[] {
  return FLOOR_STAGES.map((name, index) => ({
    name,
    micros: median(stages.map((stage) => stage[index] ?? Number.NaN)),
  }))
}
