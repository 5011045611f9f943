// Owns the facts about the machine and the versions that a report carries.

import { spawnSync } from 'node:child_process'
import { cpus, getPriority, release, totalmem } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Prepared } from './prepare.ts'

export interface Machine {
  /** YYYY-MM-DD */
  readonly date: string
  readonly kernel: string
  readonly facts: Readonly<Record<string, string>>
}

export async function readMachine({ engines, runtimes }: Prepared, options: string): Promise<Machine> {
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
      'idle before': `${await measureIdleCpu()} % of the CPUs, over a second; with less than 90 the figures are worth little`,
      nice: `${getPriority()}, for all that is measured`,
      commit: `${run('git', 'rev-parse', '--short', 'HEAD')}${changed}`,
      engines: engines.map(({ name }) => name).join(', '),
      runtimes: runtimes.map(({ family, version }) => `${family} ${version}`).join(', '),
      compiler: run('cc', '--version').split('\n')[0] ?? '',
      options: options === '' ? 'none: the full run' : options,
    },
  }
}

async function measureIdleCpu(): Promise<number> {
  const read = () => {
    const times = cpus().map(({ times: { user, nice, sys, idle, irq } }) => ({
      idle,
      all: user + nice + sys + idle + irq,
    }))
    return times.reduce((sum, one) => ({ idle: sum.idle + one.idle, all: sum.all + one.all }), {
      idle: 0,
      all: 0,
    })
  }
  const before = read()
  await sleep(1000)
  const after = read()
  return Math.round((100 * (after.idle - before.idle)) / (after.all - before.all))
}
