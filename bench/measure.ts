// Owns carrying out the cases in one layout, inside the private environment. It prints what it is at, and returns
// figures; it judges nothing.

import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { CONCURRENCY, GAPS_MS, IDLE_CONTAINERS, RIVAL_LOOPS, TIMED_CASES, type TimedCase } from './cases.ts'
import { interleave, shuffled } from './interleave.ts'
import type { Effort } from './options.ts'
import { Peer } from './peer.ts'
import {
  type FigureResult,
  type LayoutResult,
  median,
  type Phase,
  type PhaseResult,
  summarize,
} from './results.ts'
import {
  CommandLines,
  type Contender,
  contendersOf,
  floorPeer,
  libraryPeer,
  type Setting,
} from './runtimes.ts'

const WARM_UP_RUNS = 20

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
  }
  const say = (what: string): void => console.log(`${layout.name}: ${what}`)
  for (const timed of TIMED_CASES) {
    if (!wants(timed.name)) continue
    say(timed.title)
    await measureTimed(setting, timed, effort, result)
  }
  if (wants('saturated')) {
    say('saturated')
    await measureSaturated(setting, effort, result)
  }
  if (wants('idle')) {
    say(`${IDLE_CONTAINERS} idle containers`)
    await measureIdle(setting, result)
  }
  if (wants('executable')) {
    say('executables')
    await measureExecutables(setting, result)
  }
  if (wants('phases')) {
    say('phases')
    result.phases.push(...(await measurePhasesOf(setting, effort)))
  }
  return result
}

async function measureTimed(
  setting: Setting,
  timed: TimedCase,
  effort: Effort,
  result: LayoutResult,
): Promise<void> {
  const contenders: Contender[] = []
  const all = contendersOf(setting, timed)
  try {
    for (const contender of all) {
      try {
        await contender.measure(timed.isCold ? 1 : WARM_UP_RUNS)
        contenders.push(contender)
      } catch (error) {
        result.leftOut.push(`${timed.name}: ${contender.name}: ${(error as Error).message}`)
      }
    }
    for (const gapMs of timed.isCold ? [60] : GAPS_MS) {
      const rounds = gapMs === 0 ? effort.blocks : timed.isCold ? effort.isolated / 2 : effort.isolated
      const times = await interleave(contenders, { rounds, gapMs })
      const summaries = [...times].map(([name, samples]) => [name, summarize(samples)] as const)
      result.timed.push({ case: timed.name, gapMs, times: Object.fromEntries(summaries) })
    }
  } finally {
    for (const contender of all) await contender.close()
  }
}

interface Loops {
  readonly contender: string
  readonly concurrency: number
  /** Containers per second, while so many loops run. */
  measure(seconds: number): Promise<number>
}

interface Count {
  readonly count: number
  readonly seconds: number
}

async function measureSaturated(
  setting: Setting,
  { saturatedSeconds, passes }: Effort,
  result: LayoutResult,
): Promise<void> {
  const peers: Peer[] = []
  const keep = (peer: Peer): Peer => {
    peers.push(peer)
    return peer
  }
  const all: Loops[] = setting.engines.flatMap((engine) => {
    const peer = keep(libraryPeer(setting, engine))
    return CONCURRENCY.map((concurrency) => ({
      contender: engine.name,
      concurrency,
      measure: async (seconds) => rateOf([await peer.ask<Count>(`saturate ${concurrency} ${seconds}`)]),
    }))
  })
  const loops = Array.from({ length: RIVAL_LOOPS }, (_, index) => index)
  const floors = loops.map((index) => keep(floorPeer(setting, index)))
  all.push({
    contender: 'floor',
    concurrency: RIVAL_LOOPS,
    measure: async (seconds) =>
      rateOf(await Promise.all(floors.map((floor) => floor.ask<Count>(`saturate ${seconds}`)))),
  })
  for (const runtime of setting.runtimes) {
    const lines = loops.map((index) => new CommandLines(setting, runtime, index).of('run'))
    const launchers = loops.map(() => keep(new Peer('launcher', [setting.launcher])))
    all.push({
      contender: runtime.family,
      concurrency: RIVAL_LOOPS,
      measure: async (seconds) =>
        rateOf(
          await Promise.all(
            launchers.map((peer, i) => peer.ask<Count>(`until ${seconds}\t${lines[i]?.join('\t')}`)),
          ),
        ),
    })
  }
  try {
    const alive = await filter(all, result, (one) => one.measure(0.3))
    const rates = new Map(alive.map((one) => [one, [] as number[]]))
    for (let pass = 0; pass < passes; pass++) {
      for (const one of shuffled(alive)) {
        await sleep(300)
        rates.get(one)?.push(await one.measure(saturatedSeconds))
      }
    }
    for (const { contender, concurrency } of alive) {
      const one = alive.find(
        (other) => other.contender === contender && other.concurrency === concurrency,
      ) as Loops
      result.rates.push({ contender, concurrency, rates: rates.get(one) ?? [] })
    }
  } finally {
    for (const peer of peers) await peer.close()
  }
}

async function filter(
  all: readonly Loops[],
  result: LayoutResult,
  probe: (one: Loops) => Promise<unknown>,
): Promise<readonly Loops[]> {
  const alive: Loops[] = []
  for (const one of all) {
    try {
      await probe(one)
      alive.push(one)
    } catch (error) {
      result.leftOut.push(`saturated: ${one.contender}: ${(error as Error).message}`)
    }
  }
  return alive
}

function rateOf(counts: readonly Count[]): number {
  return counts.reduce((sum, { count, seconds }) => sum + count / seconds, 0)
}

async function measureIdle(setting: Setting, result: LayoutResult): Promise<void> {
  for (const engine of setting.engines) {
    const argv = engine.name.startsWith('node') ? [...engine.argv, '--expose-gc'] : engine.argv
    const peer = libraryPeer(setting, { ...engine, argv })
    try {
      const { figures } = await peer.ask<Pick<FigureResult, 'figures'>>(`idle ${IDLE_CONTAINERS}`)
      result.figures.push({ case: 'idle', contender: engine.name, figures })
    } catch (error) {
      result.leftOut.push(`idle: ${(error as Error).message}`)
    }
    await peer.close()
  }
}

/** Size, peak memory of `run`, and memory while `run` waits in the foreground. */
async function measureExecutables(setting: Setting, result: LayoutResult): Promise<void> {
  const launcher = new Peer('launcher', [setting.launcher])
  for (const runtime of setting.runtimes) {
    const lines = new CommandLines(setting, runtime)
    try {
      const { peakKilobytes } = await launcher.ask<{ peakKilobytes: number }>(
        `time 5\t${lines.of('run').join('\t')}`,
      )
      const figures = {
        sizeMB: statSync(runtime.path).size / 1e6,
        peakMB: peakKilobytes / 1000,
        waitingKB: await measureWaiting(lines),
      }
      result.figures.push({ case: 'executable', contender: runtime.family, figures })
    } catch (error) {
      result.leftOut.push(`executable: ${runtime.family}: ${(error as Error).message}`)
    }
  }
  await launcher.close()
}

/** Resident memory of a runtime in the foreground while its container runs; kB. */
async function measureWaiting(lines: CommandLines): Promise<number> {
  const [file = '', ...args] = lines.run('short')
  const child = spawn(file, args, { stdio: 'ignore' })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await sleep(600)
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const code = await ended
  if (code !== 0) throw new Error(`\`run\` ended with ${code}`)
  return Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1] ?? Number.NaN)
}

async function measurePhasesOf(setting: Setting, { phases }: Effort): Promise<readonly PhaseResult[]> {
  const [engine] = setting.engines
  if (engine === undefined) return []
  const floor = floorPeer(setting)
  const peer = libraryPeer(setting, engine)
  try {
    await floor.ask(`stages ${WARM_UP_RUNS}`)
    const { stages } = await floor.ask<{ stages: number[][] }>(`stages ${phases}`)
    const answer = await peer.ask<{ phases: PhaseResult[] }>(`phases ${phases}`)
    const title = (one: PhaseResult): PhaseResult => ({ ...one, title: `${one.title}, ${engine.name}` })
    return [{ title: 'Floor', phases: floorPhases(stages) }, ...answer.phases.map(title)]
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
