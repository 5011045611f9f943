// Owns the cases that are single figures: memory of idle containers, and size and memory of the executables.

import { spawn } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Effort } from './options.ts'
import { Peer } from './peer.ts'
import type { FigureResult, LayoutResult } from './results.ts'
import { CommandLines, libraryPeer, type Setting } from './runtimes.ts'

export async function measureIdle(
  setting: Setting,
  { idleContainers }: Effort,
  result: LayoutResult,
): Promise<void> {
  for (const engine of setting.engines) {
    const argv = engine.name.startsWith('node') ? [...engine.argv, '--expose-gc'] : engine.argv
    const peer = libraryPeer(setting, { ...engine, argv })
    try {
      const { figures } = await peer.ask<Pick<FigureResult, 'figures'>>(`idle ${idleContainers}`)
      result.figures.push({ case: 'idle', contender: engine.name, figures })
    } catch (error) {
      result.failed.push(`idle: ${(error as Error).message}`)
    }
    await peer.close()
  }
}

/** Size, peak memory of `run`, and memory while `run` waits in the foreground. */
export async function measureExecutables(setting: Setting, result: LayoutResult): Promise<void> {
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
