// Owns how many containers per second each contender makes when it may have more than one at a time.

import { setTimeout as sleep } from 'node:timers/promises'
import { CONCURRENCY, RIVAL_LOOPS } from './cases.ts'
import { shuffled } from './interleave.ts'
import type { Effort } from './options.ts'
import { Peer } from './peer.ts'
import type { LayoutResult } from './results.ts'
import { CommandLines, floorPeer, libraryPeer, type Setting } from './runtimes.ts'

const WARM_UP_SECONDS = 0.3
/** Lets the kernel end what the one before has left to it (network namespaces), milliseconds. */
const PAUSE_MS = 300

/** A contender with so many containers at a time. */
interface Loops {
  readonly contender: string
  readonly concurrency: number
  readonly peers: readonly Peer[]
  /** What each peer is asked; SECONDS stands for the time. */
  readonly request: string | ((index: number) => string)
}

interface Count {
  readonly count: number
  readonly seconds: number
}

export async function measureSaturated(
  setting: Setting,
  effort: Effort,
  result: LayoutResult,
): Promise<void> {
  const all = [...libraryLoops(setting), ...rivalLoops(setting)]
  const rates = new Map<Loops, number[]>(all.map((loops) => [loops, []]))
  try {
    for (let pass = 0; pass <= effort.passes; pass++) {
      for (const loops of shuffled([...rates.keys()])) {
        await sleep(PAUSE_MS)
        try {
          // The first pass warms up.
          const rate = await measureRate(loops, pass === 0 ? WARM_UP_SECONDS : effort.saturatedSeconds)
          if (pass > 0) rates.get(loops)?.push(rate)
        } catch (error) {
          result.failed.push(`saturated: ${loops.contender}: ${(error as Error).message}`)
          rates.delete(loops)
        }
      }
    }
  } finally {
    for (const peer of new Set(all.flatMap(({ peers }) => peers))) await peer.close()
  }
  for (const [{ contender, concurrency }, passes] of rates) {
    result.rates.push({ contender, concurrency, rates: passes })
  }
}

async function measureRate({ peers, request }: Loops, seconds: number): Promise<number> {
  const ask = (peer: Peer, index: number): Promise<Count> => {
    const text = typeof request === 'string' ? request : request(index)
    return peer.ask<Count>(text.replace('SECONDS', String(seconds)))
  }
  const counts = await Promise.all(peers.map(ask))
  return counts.reduce((sum, count) => sum + count.count / count.seconds, 0)
}

function libraryLoops(setting: Setting): readonly Loops[] {
  return setting.engines.flatMap((engine) => {
    const peers = [libraryPeer(setting, engine)]
    return CONCURRENCY.map((concurrency) => ({
      contender: engine.name,
      concurrency,
      peers,
      request: `saturate ${concurrency} SECONDS`,
    }))
  })
}

/** As many processes, each with a loop of its own: for commands in C too, which costs the least. */
function rivalLoops(setting: Setting): readonly Loops[] {
  const indexes = Array.from({ length: RIVAL_LOOPS }, (_, index) => index)
  const floor: Loops = {
    contender: 'floor',
    concurrency: RIVAL_LOOPS,
    peers: indexes.map((index) => floorPeer(setting, index)),
    request: 'saturate SECONDS',
  }
  const commands = setting.runtimes.map((runtime): Loops => {
    const lines = indexes.map((index) => new CommandLines(setting, runtime, index).of('run').join('\t'))
    return {
      contender: runtime.family,
      concurrency: RIVAL_LOOPS,
      peers: indexes.map(() => new Peer('launcher', [setting.launcher])),
      request: (index) => `until SECONDS\t${lines[index]}`,
    }
  })
  return [floor, ...commands]
}
