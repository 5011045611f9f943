// Owns the facts about the machine and the versions that a report carries.

import { spawnSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Prepared } from './prepare.ts'

export interface Machine {
  /** YYYY-MM-DD */
  readonly date: string
  readonly kernel: string
  readonly facts: Readonly<Record<string, string>>
}

export function readMachine({ engines, runtimes }: Prepared, options: string): Machine {
  const date = new Date().toISOString().slice(0, 10)
  const models = [...new Set(cpus().map(({ model }) => model))].join(', ')
  const run = (command: string, ...args: readonly string[]): string =>
    spawnSync(command, args, { encoding: 'utf8' }).stdout?.trim() ?? ''
  const changed = run('git', 'status', '--porcelain') === '' ? '' : ' with changes'
  return {
    date,
    kernel: release(),
    facts: {
      kernel: `${release()} (${process.arch})`,
      CPU: `${cpus().length} x ${models}`,
      memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
      load: `${loadavg()
        .map((load) => load.toFixed(2))
        .join(' ')} at the start`,
      commit: `${run('git', 'rev-parse', '--short', 'HEAD')}${changed}`,
      engines: engines.map(({ name }) => name).join(', '),
      runtimes: runtimes.map(({ family, version }) => `${family} ${version}`).join(', '),
      compiler: run('cc', '--version').split('\n')[0] ?? '',
      options: options === '' ? 'none: the full run' : options,
    },
  }
}
