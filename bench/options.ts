// Owns the options of the bench, and how much is measured under each.

import { OTHER_CASES, TIMED_CASES } from './cases.ts'

export interface Effort {
  /** Of turns, for each gap of a case of weight 1. */
  readonly seconds: number
  readonly saturatedSeconds: number
  readonly passes: number
  readonly idleContainers: number
  /** Lives that phases are taken from. */
  readonly phases: number
}

/** Five to six minutes. */
const FULL: Effort = { seconds: 4, saturatedSeconds: 1.5, passes: 2, idleContainers: 500, phases: 300 }
/** A minute and a half; its figures are rough. */
const QUICK: Effort = { seconds: 0.5, saturatedSeconds: 0.4, passes: 1, idleContainers: 100, phases: 60 }

export interface Options {
  readonly effort: Effort
  readonly isQuick: boolean
  /** Names of cases; empty for all. */
  readonly only: readonly string[]
}

const USAGE = `npm run bench -- [--quick] [--only CASE]...
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
