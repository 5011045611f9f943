// Owns printing a plan for people: each step, in which process it runs, its reason, and the field that asked for it.
// Golden tests are these listings. Pure.

import { isLibcontainerError } from '../errors.ts'
import type { Op } from '../protocol/op.ts'
import { explainCall } from './explain-args.ts'
import { bitNames, NAMES } from './explain-flags.ts'
import { labelOfRound } from './label-of-round.ts'
import type {
  HostAction,
  Label,
  LaunchPlan,
  Outset,
  PlannedDescriptor,
  Segment,
  Step,
  UserdbNeed,
} from './launch-plan.ts'
import { GATE_HOOKS } from './steps/hooks.ts'
import { takesStateFirst } from './steps/state.ts'

export interface ExplainOptions {
  /** Whether the system calls of each step are listed below it. @default false */
  readonly ops?: boolean
}

/** The listing of a plan. The look-up of a user that only the container knows ends it early, and it says so. */
export function explainPlan(plan: LaunchPlan, options: ExplainOptions = {}): string {
  const { outset } = plan
  const actions: ActionsOf = (when) =>
    [...outset.actions, ...plan.actions].filter((action) => action.when === when).map(explainAction)
  const lines = [
    ...actions('before the clone'),
    row('parent', { name: 'start init', reason: explainClone(outset) }),
    ...actions('beside the clone'),
    ...actions('after the clone'),
    ...explainSegments(plan, actions, options),
    ...actions('after the start'),
    ...actions('after the end'),
  ]
  return `${lines.join('\n')}\n`
}

type ActionsOf = (when: HostAction['when']) => readonly string[]

function explainSegments(plan: LaunchPlan, actions: ActionsOf, options: ExplainOptions): readonly string[] {
  const lines: string[] = []
  let before: Segment | null = null
  let isApplied = false
  for (const segment of segmentsOf(plan)) {
    const isFirst = takesStateFirst(segment)
    const isDue: boolean = !isApplied && (isFirst || !segment.more)
    const meanwhile = isDue ? actions('while init works') : []
    const sending = explainSending(plan, before)
    lines.push(...(isFirst ? [...meanwhile, ...sending] : [...sending, ...meanwhile]))
    isApplied ||= isDue
    if (before === null) lines.push(...actions('while init is open to us'))
    for (const step of segment.steps) {
      lines.push(...explainStep(step, options))
      if (waitsForHooks(step)) lines.push(...actions('at the gate'))
    }
    before = segment
  }
  return lines
}

function explainSending({ descriptors }: LaunchPlan, before: Segment | null): readonly string[] {
  if (before === null) {
    const reason = `init waits for it; ${descriptors.length} descriptors go along`
    return [row('parent', { name: 'send the program', reason }), ...descriptors.map(explainDescriptor)]
  }
  if (before.lookup !== null) return [explainLookup(before.lookup)]
  const reason = 'planned meanwhile: init does not wait for it'
  return [row('parent', { name: 'send the rest of the program', reason })]
}

function waitsForHooks({ ops }: Step): boolean {
  return ops.some(({ call, args }) => call === 'gate' && args[0] === GATE_HOOKS)
}

function row(where: 'parent' | 'init', { name, object, field, reason }: Label): string {
  const what = object === undefined ? name : `${name} ${JSON.stringify(object)}`
  return `${where.padEnd(7)} ${what.padEnd(56)} ${(field ?? '-').padEnd(26)} ${reason}`.trimEnd()
}

function explainAction(action: HostAction): string {
  const undo = action.undo === undefined ? '' : `; undo: ${action.undo}`
  return row('parent', { ...action, reason: action.reason + undo })
}

/** How init is made: namespaces, cgroup, pid namespace. */
export function explainClone({ clone: { flags, intoCgroup, pidNamespace } }: Outset): string {
  const parts = ['clone3', bitNames(NAMES.clone, flags)]
  if (intoCgroup) parts.push('in its cgroup')
  if (pidNamespace !== null)
    parts.push('in the pid namespace of', pidNamespace.kind === 'path' ? pidNamespace.path : 'the container')
  return parts.join(' ')
}

const STREAMS = ['stdin', 'stdout', 'stderr'] as const

function explainDescriptor({ source, slot, reason, field }: PlannedDescriptor): string {
  const { kind } = source
  const path = kind === 'filled-tmpfs' ? source.from?.path : 'path' in source ? source.path : undefined
  const object = kind === 'stdio' ? STREAMS[source.index] : path
  return row('parent', {
    name: `send as s${slot}`,
    reason,
    ...(object && { object }),
    ...(field && { field }),
  })
}

function explainLookup(lookup: UserdbNeed): string {
  const files = [lookup.passwd ? '/etc/passwd' : '', lookup.group ? '/etc/group' : ''].filter(
    (file) => file !== '',
  )
  const reason = 'in what init returned; then the rest is planned'
  return row('parent', { name: 'look the user up', object: files.join(' '), reason, field: 'process.user' })
}

/** A name that only the container's files can tell leaves the end of the plan open. */
function* segmentsOf({ segments }: LaunchPlan): Generator<Segment, void> {
  let looksUp = false
  try {
    for (;;) {
      const { done, value } = segments.next({ passwd: null, group: null })
      if (done) return
      looksUp = value.lookup !== null
      yield value
    }
  } catch (error) {
    if (!looksUp || !isLibcontainerError(error)) throw error
    yield UNKNOWN_USER
  }
}

const UNKNOWN_USER: Segment = {
  steps: [
    {
      label: {
        name: 'go on as that user',
        reason: 'its ids decide the steps that are left',
        field: 'process.user',
      },
      ops: [],
    },
  ],
  descriptorCount: 0,
  more: false,
  lookup: null,
  asks: false,
  waitsForState: false,
}

function explainStep({ label, ops }: Step, options: ExplainOptions): readonly string[] {
  const rows = label.objects?.map((_, round) => row('init', labelOfRound(label, round))) ?? [
    row('init', label),
  ]
  return options.ops ? [...rows, ...explainOps(ops)] : rows
}

/** The calls, those deeper that only run after a certain result of the one above. */
function explainOps(ops: readonly Op[]): readonly string[] {
  const ends: number[] = []
  return ops.map((op, index) => {
    while (ends.length > 0 && (ends.at(-1) as number) <= index) ends.pop()
    const indent = '  '.repeat(5 + ends.length)
    const skipped = op.on?.successSkips ?? op.on?.skip ?? 0
    if (skipped > 0) ends.push(index + 1 + skipped)
    return `${indent}${explainCall(op)}${op.into === undefined ? '' : ` -> s${op.into.slot}`}${explainClosing(op)}${explainResult(op)}`
  })
}

function explainClosing({ args }: Op): string {
  const closed = args.flatMap((arg) =>
    typeof arg === 'object' && 'slot' in arg && arg.isLast ? [`s${arg.slot}`] : [],
  )
  return closed.length === 0 ? '' : `, closing ${closed.join(' and ')}`
}

function explainResult({ call, on }: Op): string {
  if (on === undefined) return ''
  if (call === 'each') return ':'
  if (on.successSkips !== undefined) return `, on ${on.ignore ? 'an error' : on.errno}:`
  if (on.errno === undefined) return ', whatever comes of it'
  return on.skip ? `, unless ${on.errno}:` : `, ${on.errno} is fine`
}
