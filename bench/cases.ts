// Owns what is measured and what was promised, as data: the timed cases and the targets of DESIGN section 5. How a
// contender does a thing is in runtimes.ts.

/** What is done in one timed run. */
export type Action = 'run' | 'exec' | 'state' | 'kill' | 'delete'

/** Who takes part; `library` stands for each engine that there is. */
export type Family = 'library' | 'runt' | 'crun' | 'runc' | 'floor'

/** Milliseconds before each run: none, or long enough for an RCU grace period to pass. */
export const GAPS_MS = [0, 60] as const

export interface TimedCase {
  readonly name: string
  readonly title: string
  readonly action: Action
  readonly families: readonly Family[]
  /** How commands are started: from Node, as a user of the library would otherwise, or by a C program. */
  readonly via: 'node' | 'launcher'
  /** How much of the time it gets, beside the others. */
  readonly weight: number
  /** Before each run the runtime's own files are taken out of the page cache. */
  readonly isCold?: true
}

export const TIMED_CASES: readonly TimedCase[] = [
  {
    name: 'start',
    title: 'A container: create, start, wait, destroy (crun, runc: `run` spawned from Node)',
    action: 'run',
    families: ['library', 'crun', 'runc', 'floor'],
    via: 'node',
    weight: 3,
  },
  {
    name: 'exec',
    title: 'A second process: start, wait (crun, runc: `exec` spawned from Node)',
    action: 'exec',
    families: ['library', 'crun', 'runc'],
    via: 'node',
    weight: 2,
  },
  {
    name: 'run-command',
    title: 'The command `run` as a whole process',
    action: 'run',
    families: ['runt', 'crun', 'runc', 'floor'],
    via: 'launcher',
    weight: 2,
  },
  {
    name: 'run-command-cold',
    title: 'The command `run`, its own files not in the page cache',
    action: 'run',
    families: ['runt', 'crun', 'runc'],
    via: 'launcher',
    weight: 1,
    isCold: true,
  },
  {
    name: 'exec-command',
    title: 'The command `exec`',
    action: 'exec',
    families: ['runt', 'crun', 'runc'],
    via: 'launcher',
    weight: 1,
  },
  {
    name: 'state-command',
    title: 'The command `state`',
    action: 'state',
    families: ['runt', 'crun', 'runc'],
    via: 'launcher',
    weight: 1,
  },
  {
    name: 'kill-command',
    title: 'The command `kill` (SIGCONT)',
    action: 'kill',
    families: ['runt', 'crun', 'runc'],
    via: 'launcher',
    weight: 1,
  },
  {
    name: 'delete-command',
    title: 'The command `delete --force` of a running container',
    action: 'delete',
    families: ['runt', 'crun', 'runc'],
    via: 'launcher',
    weight: 1,
  },
]

/** Cases that are no lists of times; each has a file of its own. */
export const OTHER_CASES = ['saturated', 'idle', 'executable', 'phases'] as const

/** Concurrency of the library; the other contenders run as many loops as `RIVAL_LOOPS`. */
export const CONCURRENCY = [1, 4, 16] as const
export const RIVAL_LOOPS = 4

export interface Target {
  readonly case: string
  readonly subject: Family
  /** null: the figure itself counts, not a ratio. */
  readonly against: Family | null
  /** What is compared: medians, rates (more is better), or a figure by name. */
  readonly figure: string
  readonly must: number
  readonly goal: number
  readonly unit?: string
}

function ratios(
  name: string,
  subject: Family,
  rows: readonly (readonly [Family, number, number])[],
): Target[] {
  return rows.map(([against, must, goal]) => ({ case: name, subject, against, figure: 'p50', must, goal }))
}

/** DESIGN section 5, row by row. */
export const TARGETS: readonly Target[] = [
  ...ratios('start', 'library', [
    ['floor', 1.6, 1.2],
    ['crun', 0.5, 0.3],
    ['runc', 0.15, 0.08],
  ]),
  { case: 'saturated', subject: 'library', against: 'floor', figure: 'rate', must: 0.8, goal: 0.95 },
  { case: 'saturated', subject: 'library', against: 'crun', figure: 'rate', must: 1.5, goal: 2 },
  { case: 'saturated', subject: 'library', against: 'runc', figure: 'rate', must: 5, goal: 7 },
  ...ratios('exec', 'library', [['crun', 0.4, 0.2]]),
  ...ratios('run-command', 'runt', [
    ['crun', 0.8, 0.55],
    ['runc', 0.3, 0.15],
  ]),
  ...ratios('exec-command', 'runt', [
    ['crun', 0.6, 0.35],
    ['runc', 0.2, 0.1],
  ]),
  ...ratios('state-command', 'runt', [['crun', 0.8, 0.5]]),
  ...ratios('kill-command', 'runt', [['crun', 0.8, 0.5]]),
  ...ratios('delete-command', 'runt', [['crun', 0.8, 0.5]]),
  ...ratios('run-command-cold', 'runt', [['crun', 0.6, 0.35]]),
  { case: 'executable', subject: 'runt', against: null, figure: 'sizeMB', must: 3, goal: 2, unit: 'MB' },
  { case: 'executable', subject: 'runt', against: null, figure: 'peakMB', must: 4, goal: 2, unit: 'MB' },
  { case: 'executable', subject: 'runt', against: 'crun', figure: 'waitingKB', must: 0.05, goal: 0.01 },
  { case: 'idle', subject: 'library', against: null, figure: 'heapKB', must: 8, goal: 4, unit: 'kB' },
  { case: 'idle', subject: 'library', against: null, figure: 'descriptors', must: 1, goal: 1, unit: '' },
]
