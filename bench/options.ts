// Owns the options of the bench, and how much is measured under each.

import { OTHER_CASES, TIMED_CASES } from './cases.ts'

export interface Effort {
  /** Blocks of back-to-back runs of each contender. */
  readonly blocks: number
  /** Single runs of each contender, with gaps. */
  readonly isolated: number
  readonly saturatedSeconds: number
  readonly passes: number
  /** Lives that phases are taken from. */
  readonly phases: number
}

/** About five minutes. */
const FULL: Effort = { blocks: 24, isolated: 50, saturatedSeconds: 2, passes: 3, phases: 300 }
/** About one. */
const QUICK: Effort = { blocks: 6, isolated: 10, saturatedSeconds: 0.5, passes: 1, phases: 100 }

export interface Options {
  readonly effort: Effort
  readonly isQuick: boolean
  /** Names of cases; empty for all. */
  readonly only: readonly string[]
}

export const USAGE = `npm run bench -- [--quick] [--only CASE]...
cases: ${[...TIMED_CASES.map(({ name }) => name), ...OTHER_CASES].join(' ')}`

/** @throws Error with the usage */
export function parseOptions(args: readonly string[]): Options {
  const only: string[] = []
  let isQuick = false
  for (let at = 0; at < args.length; at++) {
    const option = args[at]
    if (option === '--quick') isQuick = true
    else if (option === '--only' && isCase(args[at + 1])) only.push(args[++at] as string)
    else throw new Error(USAGE)
  }
  return { effort: isQuick ? QUICK : FULL, isQuick, only }
}

function isCase(name: string | undefined): boolean {
  return TIMED_CASES.some((timed) => timed.name === name) || OTHER_CASES.some((other) => other === name)
}
